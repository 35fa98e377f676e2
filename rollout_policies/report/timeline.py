"""Draws a release over time: users' weight and mirror, gates with their looks, the golden walk."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rollout_policies.drawing import GRID, INK, Scale, area, line, stairs
from rollout_policies.markup import Html, join, tag, text
from rollout_policies.report.gates import Gate
from rollout_policies.report.release import Moment, Release
from rollout_policies.report.verdict import gate_words
from rollout_policies.report.weights import finished, mirror_history, weight_history

WIDTH, LABELS, RIGHT = 1120.0, 150.0, 60.0
WEIGHT_HEIGHT, LANE, TOP, BOTTOM = 96.0, 26.0, 26.0, 24.0
WEIGHT_COLOUR, MIRROR_COLOUR, WALK_COLOUR = "#d9730d", "#7b5ea7", "#3b6ea8"
PHASES = {
    "Successful": "#2e7d32",
    "Failed": "#c62828",
    "Error": "#7b1fa2",
    "Inconclusive": "#b26a00",
    "Running": "#546e7a",
    "Pending": "#90a4ae",
}
TURNS = {"RolloutAborted": "aborted", "RolloutPaused": "paused", "RolloutCompleted": "promoted"}
TICK_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400, 604800)


def clock(at: float | None, day: bool = False) -> str:
    """Return a time as a clock in UTC shows it, with its day where asked."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC" if day else "%H:%M:%S")


def span(seconds: float) -> str:
    """Return a duration in words."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def timeline(release: Release, walked: tuple[float, float] | None, now: float) -> Html | None:
    """Return the drawing, or None where no time of the release is known; `walked`: first and last pair."""
    weights, end = weight_history(release, now), finished(release) or now
    mirrored = mirror_history(release, now)
    times = [at for at, _ in weights] + [m.at for m in release.moments] + [g.began for g in release.gates]
    times += [g.ended for g in release.gates if g.ended is not None] + list(walked or ())
    if not times:
        return None
    # A promoted release goes on for ever; some seconds after its end are enough.
    last = min(now, max(end, *(t for t in times if t < now), min(times)) + 5)
    x = Scale(min(times), max(last, min(times) + 1), LABELS, WIDTH - RIGHT)
    names = list(dict.fromkeys(gate.name for gate in release.gates))
    lanes = [*names, *(["golden walk"] if walked else [])]
    height = TOP + WEIGHT_HEIGHT + LANE * (len(lanes) + 0.5) + BOTTOM
    drawn = [
        *_ticks(x, height),
        *_weight(weights, x),
        *(_share(mirrored, x, MIRROR_COLOUR, "% mirrored", "6 3") if mirrored else ()),
        *(part for gate in release.gates for part in _gate(gate, x, _lane(names.index(gate.name)), now)),
        *(_walk(walked, x, _lane(len(names))) if walked else ()),
        *_turns(release.moments, x, height),
        *(_label(name, _lane(i)) for i, name in enumerate(lanes)),
    ]
    return tag(
        "svg",
        tag("title", text("Timeline of the release")),
        *drawn,
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        width=WIDTH,
        font_family="system-ui,sans-serif",
        font_size=12,
        role="img",
    )


def _lane(index: int) -> float:
    """Return the top of a lane in pixels."""
    return TOP + WEIGHT_HEIGHT + LANE * (index + 0.5)


def _label(name: str, top: float) -> Html:
    return tag("text", text(name), x=LABELS - 10, y=top + LANE / 2 + 4, text_anchor="end", fill=INK)


def _ticks(x: Scale, height: float) -> Iterable[Html]:
    step = next((s for s in TICK_SECONDS if (x.high - x.low) / s <= 9), TICK_SECONDS[-1])
    first = -(-int(x.low) // step) * step
    for at in range(first, int(x.high) + 1, step):
        left = x.at(at)
        yield tag("line", x1=left, x2=left, y1=TOP, y2=height - BOTTOM, stroke=GRID)
        yield tag("text", text(clock(at)), x=left, y=height - 6, text_anchor="middle", fill=INK)


def _weight(weights: Sequence[tuple[float, int]], x: Scale) -> Iterable[Html]:
    y = Scale(0, 100, TOP + WEIGHT_HEIGHT, TOP)
    yield _label("candidate's users", TOP + WEIGHT_HEIGHT / 2 - LANE / 2)
    yield tag("line", x1=x.start, x2=x.end, y1=y.start, y2=y.start, stroke="#bbb")
    if not weights:
        yield tag("text", text("no weight is known"), x=x.start + 8, y=y.start - 8, fill="#777")
        return
    points = _stairs(weights, x)
    yield area([(at, 0.0) for at, _ in points], points, x, y, WEIGHT_COLOUR)
    yield from _share(weights, x, WEIGHT_COLOUR, "%")


def _share(
    shares: Sequence[tuple[float, int]], x: Scale, colour: str, unit: str, dashes: str = ""
) -> Iterable[Html]:
    """Draw percentages over time, each change with its number."""
    y = Scale(0, 100, TOP + WEIGHT_HEIGHT, TOP)
    yield line(_stairs(shares, x), x, y, colour, dashes)
    for (at, share), before in zip(shares, [None, *(share for _, share in shares)], strict=False):
        if share != before:
            left = min(x.at(at), x.end) + 4
            yield tag("text", text(f"{share} {unit}"), x=left, y=y.at(share) - 4, fill=colour)


def _stairs(shares: Sequence[tuple[float, int]], x: Scale) -> list[tuple[float, float]]:
    return stairs([(min(max(at, x.low), x.high), float(share)) for at, share in shares])


def _gate(gate: Gate, x: Scale, top: float, now: float) -> Iterable[Html]:
    colour = PHASES.get(gate.phase, "#000000")
    left, right = x.at(gate.began), x.at(gate.ended or now)
    yield tag(
        "rect",
        tag("title", text(gate_words(gate))),
        x=left,
        y=top + 4,
        width=max(3.0, min(right, x.end) - left),
        height=LANE - 8,
        rx=3,
        fill=colour,
        fill_opacity=0.55,
    )
    for look in gate.measurements:
        yield tag(
            "circle",
            cx=min(x.at(look.at), x.end),
            cy=top + LANE / 2,
            r=2.4,
            fill=PHASES.get(look.phase, "#000000"),
        )


def _walk(walked: tuple[float, float], x: Scale, top: float) -> Iterable[Html]:
    left, right = (x.at(at) for at in walked)
    yield tag(
        "rect", x=left, y=top + 9, width=max(3.0, right - left), height=LANE - 18, rx=3, fill=WALK_COLOUR
    )


def _turns(moments: Iterable[Moment], x: Scale, height: float) -> Iterable[Html]:
    for moment in moments:
        word = TURNS.get(moment.reason)
        if word and moment.at <= x.high:
            at = x.at(moment.at)
            yield tag(
                "line", x1=at, x2=at, y1=TOP - 4, y2=height - BOTTOM, stroke="#555", stroke_dasharray="2 3"
            )
            anchor = "end" if at > WIDTH - 2 * RIGHT else "start"
            yield tag("text", text(word), x=at, y=TOP - 10, fill="#555", text_anchor=anchor)


def phase_chip(phase: str) -> Html:
    """Return a phase in its colour."""
    return tag("span", text(phase), class_="chip", style=f"background:{PHASES.get(phase, '#000000')}")


def phase_legend() -> Html:
    """Return the colours of the phases."""
    return tag("p", join((phase_chip(phase) for phase in PHASES), " "))
