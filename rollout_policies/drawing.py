"""Draws plots as SVG from numbers; pure: knows nothing of what they mean, and leaves escaping to `markup`."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rollout_policies.markup import Html, join, tag, text

WIDTH, HEIGHT = 560.0, 270.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 14.0, 46.0
GRID, INK = "#e4e4e4", "#444"

Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` to pixels from `start` to `end`; a logarithmic one needs low > 0."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of a value; outside of the range it goes on."""
        low, high, here = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (here - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return between three and eight round values of the range, fewer where it holds no more."""
        if self.log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = [m * 10.0**k for k in decades for m in (1, 2, 5) if self.low <= m * 10.0**k <= self.high]
            if len(found) >= 3:
                return found if len(found) <= 8 else found[::3]
        step = _round_step((self.high - self.low) / 5)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... (times a power of ten) that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))


def across(low: float, high: float, log: bool = False) -> Scale:
    """Return the horizontal scale of a plot; an empty range is widened."""
    return Scale(*_widened(low, high), LEFT, WIDTH - RIGHT, log)


def upwards(low: float, high: float, log: bool = False) -> Scale:
    """Return the vertical scale of a plot; an empty range is widened."""
    return Scale(*_widened(low, high), HEIGHT - BOTTOM, TOP, log)


def _widened(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low, low + (abs(low) or 1.0))


def line(points: Iterable[Point], x: Scale, y: Scale, colour: str, dash: str = "") -> Html:
    """Return a line through points; `dash` as SVG's stroke-dasharray."""
    return tag(
        "polyline",
        points=" ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in points),
        fill="none",
        stroke=colour,
        stroke_width=2,
        stroke_dasharray=dash or "none",
    )


def stairs(points: Sequence[Point]) -> list[Point]:
    """Return the points of a line that keeps each value until the next one begins."""
    corners = [(after[0], before[1]) for before, after in itertools.pairwise(points)]
    return [p for pair in zip(points, [*corners, points[-1]], strict=True) for p in pair] if points else []


def area(lower: Sequence[Point], upper: Sequence[Point], x: Scale, y: Scale, colour: str) -> Html:
    """Return the band between two lines."""
    outline = [*lower, *reversed(upper)]
    return tag(
        "polygon",
        points=" ".join(f"{x.at(a):.1f},{y.at(b):.1f}" for a, b in outline),
        fill=colour,
        fill_opacity=0.18,
    )


def bars(edges: Sequence[float], heights: Sequence[float], x: Scale, y: Scale, colour: str) -> Html:
    """Return a histogram's bars: a height for each gap between edges."""
    return join(
        tag(
            "rect",
            x=x.at(left) + 0.5,
            y=y.at(height),
            width=max(0.5, x.at(right) - x.at(left) - 1),
            height=y.at(y.low) - y.at(height),
            fill=colour,
        )
        for left, right, height in zip(edges, edges[1:], heights, strict=False)
        if height > y.low
    )


def level(value: float, name: str, x: Scale, y: Scale, colour: str) -> Html:
    """Return a dashed horizontal line with its name above its right end."""
    label = tag(
        "text", text(name), x=x.end - 4, y=y.at(value) - 4, text_anchor="end", font_size=11, fill=colour
    )
    return join([line([(x.low, value), (x.high, value)], x, y, colour, "5 4"), label])


def legend(entries: Iterable[tuple[str, str]]) -> Html:
    """Return names with their colours, for under a plot."""
    swatch = "display:inline-block;width:.8em;height:.8em;margin:0 .4em 0 1em;background:"
    return tag(
        "p",
        *(join([tag("span", style=swatch + colour), text(name)]) for name, colour in entries),
        class_="dim",
    )


def plot(
    title: str,
    marks: Iterable[Html],
    x: Scale,
    y: Scale,
    names: tuple[str, str],
    show: tuple[Callable[[float], str], Callable[[float], str]],
) -> Html:
    """Return a plot: a grid with its ticks as `show` writes them, the axes' names, and the marks inside."""
    inside = tag(
        "svg",  # an inner one cuts off what leaves the plot
        *marks,
        x=x.start,
        y=y.end,
        width=x.end - x.start,
        height=y.start - y.end,
        viewBox=f"{x.start} {y.end} {x.end - x.start} {y.start - y.end}",
    )
    return tag(
        "svg",
        tag("title", text(title)),
        *_grid(x, y, show),
        inside,
        tag("text", text(names[0]), x=(x.start + x.end) / 2, y=HEIGHT - 8, text_anchor="middle", fill=INK),
        tag(
            "text",
            text(names[1]),
            transform=f"translate(13 {(y.start + y.end) / 2}) rotate(-90)",
            text_anchor="middle",
            fill=INK,
        ),
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        width=WIDTH,
        font_family="system-ui,sans-serif",
        font_size=12,
        role="img",
    )


def _grid(x: Scale, y: Scale, show: tuple[Callable[[float], str], Callable[[float], str]]) -> Iterable[Html]:
    for value in x.ticks():
        at = x.at(value)
        yield tag("line", x1=at, x2=at, y1=y.start, y2=y.end, stroke=GRID)
        yield tag("text", text(show[0](value)), x=at, y=y.start + 16, text_anchor="middle", fill=INK)
    for value in y.ticks():
        at = y.at(value)
        yield tag("line", x1=x.start, x2=x.end, y1=at, y2=at, stroke=GRID)
        yield tag("text", text(show[1](value)), x=x.start - 6, y=at + 4, text_anchor="end", fill=INK)
