"""Makes an audit one HTML page with plots, without outside assets; pure: an `Audit` in, text out."""

from collections.abc import Sequence

import numpy as np

from rollout_policies.drawing import across, bars, plot, upwards
from rollout_policies.golden.audit import Audit
from rollout_policies.golden.findings import SEVERITIES, Finding, Severity, count
from rollout_policies.golden.rows import Row
from rollout_policies.markup import Html, code, page, section, table, tag, text

COLOUR = "#3b6ea8"
BINS = 30
CHIPS: dict[Severity, str] = {"error": "#c62828", "warning": "#b26a00", "note": "#546e7a"}


def audit_page(found: Audit) -> str:
    """Return the page: a sentence, the findings, the plots and the balance."""
    errors = count(found.findings, "error")
    counts = ", ".join(f"{count(found.findings, s)} {s}s" for s in SEVERITIES)
    words = sum(row.words for row in found.rows)
    name = found.directory.name
    return page(
        f"Golden set {name}",
        tag("h1", text(f"Golden set {name}")),
        tag(
            "div",
            tag("strong", text("to be fixed" if errors else "nothing must be fixed"), id="verdict"),
            text(f": {len(found.rows)} clips, {words} words; {counts}"),
            class_=f"verdict {'bad' if errors else 'good'}",
        ),
        section("Plots", tag("div", *_plots(found.rows), class_="pair")),
        _findings(found.findings),
        _balance(found),
    )


def _plots(rows: Sequence[Row]) -> list[Html]:
    sounds = [row.sound for row in rows if row.sound]
    spoken = [(len(row.counted.replace(" ", "")), row.sound.speech_seconds) for row in rows if row.sound]
    series: list[tuple[str, list[float]]] = [
        ("duration, s", [s.seconds for s in sounds]),
        ("loudness, LUFS", [s.loudness_lufs for s in sounds if s.loudness_lufs is not None]),
        ("silence before, s", [s.lead_seconds for s in sounds]),
        ("silence after, s", [s.trail_seconds for s in sounds]),
        ("words in the label", [float(row.words) for row in rows]),
        ("characters a second of speech", [n / seconds for n, seconds in spoken if seconds > 0]),
    ]
    return [histogram(name, values) for name, values in series if values]


def histogram(name: str, values: Sequence[float]) -> Html:
    """Return how often each value occurs, in equal bins."""
    heights, edges = np.histogram(values, bins=BINS)
    x, y = across(float(edges[0]), float(edges[-1])), upwards(0, float(heights.max()) * 1.05)
    marks = [bars([float(e) for e in edges], [float(h) for h in heights], x, y, COLOUR)]
    return plot(name, marks, x, y, (name, "clips"), (lambda v: f"{v:.3g}", lambda v: f"{v:g}"))


def _findings(findings: Sequence[Finding]) -> Html:
    rows = [
        [
            tag("span", text(f.severity), class_="chip", style=f"background:{CHIPS[f.severity]}"),
            text(f.check),
            code(f.clip) if f.clip else text("the set"),
            tag("bdi", text(f.message)),
        ]
        for f in findings
    ]
    head = ("Severity", "Check", "Clip", "What was found")
    return section("Findings", table(head, rows) if rows else tag("p", text("Nothing was found.")))


def _balance(found: Audit) -> Html:
    words = sum(part.words for part in found.parts if part.field == "duration") or 1
    rows = [
        [
            text(part.field),
            text(part.value),
            text(part.clips),
            text(part.words),
            text(f"{part.words / words:.1%}"),
            text(f"{part.seconds:.0f}"),
        ]
        for part in found.parts
    ]
    return section("Balance", table(("Part", "", "Clips", "Words", "Of all words", "Seconds"), rows))
