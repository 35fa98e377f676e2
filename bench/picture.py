"""Draws the results: saturation and overhead by round, and where the requests of an overload went."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # draws to a file; no display is asked for

from matplotlib import pyplot as plt

from bench.arithmetic import Spread
from bench.bars import BARS
from bench.subjects import OURS_BARE, TITLES
from bench.summary import Summary

OURS_COLOUR, PEER_COLOUR = "#1a7a1a", "#7f8fa6"
FATES = (("answered", "#1a7a1a"), ("refused", "#e0b000"), ("over", "#d62728"), ("failed", "#000000"))


def draw(summary: Summary, names: Sequence[str], to: Path) -> None:
    """Write the picture, a PNG."""
    figure, (saturation, overhead, fates, latency) = plt.subplots(1, 4, figsize=(20, 6), layout="constrained")
    _bars(saturation, summary, names, "saturation")
    saturation.set_title("saturation, of the bare engine's two threads")
    _limit(saturation, "saturation")
    _bars(overhead, summary, names, "overhead_ms")
    overhead.set_title("overhead over the engine, p50 [ms]")
    _limit(overhead, "overhead_ms")
    _fates(fates, summary, names)
    fates.set_title("2x overload: where the requests went")
    _bars(latency, summary, names, "answered_p99@2x")
    latency.set_title("2x overload: p99 of the answered [s]")
    latency.axvline(0.5, color="#d62728", linestyle="--")
    for panel in (overhead, fates, latency):
        panel.set_yticklabels([])
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=100)
    plt.close(figure)


def _bars(panel: Any, summary: Summary, names: Sequence[str], measure: str) -> None:
    for place, name in enumerate(names):
        found: Spread | None = summary.get(name, {}).get(measure)
        if found is None:
            continue
        colour = OURS_COLOUR if name.startswith("ours") else PEER_COLOUR
        around = [[found.median - found.lowest], [found.highest - found.median]]
        panel.barh(place, found.median, color=colour, xerr=around, capsize=3)
        panel.text(found.highest, place, f" {found.median:.2f}", va="center")
    _name(panel, names)


def _fates(panel: Any, summary: Summary, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        left = 0.0
        for fate, colour in FATES:
            found = summary.get(name, {}).get(f"{fate}@2x")
            if found is not None:
                panel.barh(place, found.median, left=left, color=colour, label=fate)
                left += found.median
    entries = dict(zip(*panel.get_legend_handles_labels()[::-1], strict=True))
    if entries:
        panel.legend(entries.values(), entries.keys(), loc="upper right")
    _name(panel, names)


def _name(panel: Any, names: Sequence[str]) -> None:
    panel.set_yticks(range(len(names)), [TITLES.get(name, name) for name in names])
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.grid(axis="x", alpha=0.3)


def _limit(panel: Any, measure: str) -> None:
    for bar in BARS:
        if (bar.subject, bar.measure) == (OURS_BARE, measure):
            panel.axvline(bar.at_least or bar.at_most, color="#d62728", linestyle="--")
