"""Shows how the bounds of a walk closed in, clip by clip; knows nothing of gates or of who decided.

The bounds are computed again from the pairs, as the referee did at each of them, at up to LOOKS of them.
"""

from collections.abc import Callable, Mapping, Sequence

from rollout_policies.drawing import across, area, legend, level, line, plot, upwards
from rollout_policies.estimand import Estimand
from rollout_policies.evidence import Pair
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.markup import Html, tag
from rollout_policies.report.contents import Report
from rollout_policies.sequential import Alphas, Bounds
from rollout_policies.walk import WHOSE, Figures, points_said, weigh

# More would not be seen in a plot; each costs milliseconds.
LOOKS = 60
COLOUR, MARGIN_COLOUR = "#3b6ea8", "#c62828"
# A factor is drawn from a quarter to fourfold at most: the first bounds are a hundredfold apart.
FACTORS = (0.25, 4.0)


def looks(pairs: int, most: int = LOOKS) -> list[int]:
    """Return after how many pairs to look: every one of few, evenly spread over many, the last always."""
    return sorted({-(-pairs * n // most) for n in range(1, most + 1)}) if pairs else []


def closing(
    golden: GoldenSet, pairs: Sequence[Pair], alphas: Alphas, population: Mapping[str, float] | None = None
) -> list[Figures]:
    """Return what the pairs proved at each look, as `weigh` does."""
    found = (weigh(golden, pairs[:count], alphas, population) for count in looks(len(pairs)))
    return [figures for figures in found if figures is not None]


def unjudged(report: Report, golden: GoldenSet) -> str:
    """Say the word errors of the estimand that the gate does not judge; nothing before the first pair."""
    other = Estimand.POPULATION if report.estimand is Estimand.SET else Estimand.SET
    figures = weigh(golden, report.pairs, report.alphas, report.times(other))
    if figures is None:
        return ""
    said = points_said(dict(figures.differences)["word_errors"], WHOSE[other] or " of the set itself")
    return f"Not judged: {said}."


def bounds_plot(figures: Sequence[Figures], measure: str, margin: float | None, clips: int) -> Html | None:
    """Return the plot of one measure; None where it was never bounded. `margin` as the gate takes it."""
    known = [(f.pairs, bounds) for f in figures for name, bounds in f.differences if name == measure]
    if not known:
        return None
    factor = measure == "latency"
    unit = 1.0 if factor else 100.0
    scaled = [(n, Bounds(b.lower * unit, b.estimate * unit, b.upper * unit)) for n, b in known]
    limit = None if margin is None else margin * unit
    x, y = across(0, clips), upwards(*_range([b for _, b in scaled], limit, factor), log=factor)
    marks = [
        area([(n, b.lower) for n, b in scaled], [(n, b.upper) for n, b in scaled], x, y, COLOUR),
        line([(n, b.lower) for n, b in scaled], x, y, COLOUR, "2 3"),
        line([(n, b.upper) for n, b in scaled], x, y, COLOUR, "2 3"),
        line([(n, b.estimate) for n, b in scaled], x, y, COLOUR),
    ]
    if limit is not None:
        marks.append(level(limit, f"margin {limit:g}", x, y, MARGIN_COLOUR))
    title, axis, show = _words(factor)
    drawn = plot(title, marks, x, y, ("golden clips compared", axis), (lambda v: f"{v:g}", show))
    return tag("div", drawn, legend([("estimate, between its bounds", COLOUR)]))


def _words(factor: bool) -> tuple[str, str, Callable[[float], str]]:
    if factor:
        return "Inference time", "candidate over stable", lambda v: f"x{v:g}"
    return "Word errors", "points, candidate minus stable", lambda v: f"{v:+g}" if v else "0"


def _range(bounds: Sequence[Bounds], margin: float | None, factor: bool) -> tuple[float, float]:
    """Return what to show: margin, estimates, the later two thirds of the bounds; the first span it all."""
    late = bounds[len(bounds) // 3 :]
    values = [b.estimate for b in bounds] + [v for b in late for v in (b.lower, b.upper)]
    values += [margin] if margin is not None else []
    if factor:
        return max(FACTORS[0], min(*values, 0.9) / 1.1), min(FACTORS[1], max(*values, 1.1) * 1.2)
    low, high = min(*values, 0.0), max(*values, 0.0)
    room = 0.12 * (high - low) or 1.0
    return low - room, high + room
