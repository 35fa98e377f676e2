"""Shows how long both sides took for the same clips; knows nothing of bounds or gates."""

from collections.abc import Sequence

import numpy as np

from rollout_policies.drawing import across, legend, line, plot, upwards
from rollout_policies.evidence import Pair
from rollout_policies.markup import Html, tag, text
from rollout_policies.markup import table as html_table

STABLE_COLOUR, CANDIDATE_COLOUR = "#3b6ea8", "#d9730d"
QUANTILES = (0.5, 0.9, 0.95, 0.99, 1.0)


def paired_times(pairs: Sequence[Pair]) -> tuple[list[float], list[float]]:
    """Return stable's and candidate's inference times in ms, of the clips that both have a time for."""
    timed = [(p.stable.inference_ms, p.candidate.inference_ms) for p in pairs]
    both = [(s, c) for s, c in timed if s is not None and c is not None]
    return [s for s, _ in both], [c for _, c in both]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values do not exceed."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def latency_view(pairs: Sequence[Pair]) -> Html | None:
    """Return both distributions as a plot and as a table; None where no clip has both times."""
    stable, candidate = paired_times(pairs)
    if not stable:
        return None
    low, high = min(*stable, *candidate), max(*stable, *candidate)
    x, y = across(low * 0.9, high * 1.1, log=True), upwards(0, 100)
    drawn = plot(
        "Inference time",
        [
            line(cumulative(stable), x, y, STABLE_COLOUR),
            line(cumulative(candidate), x, y, CANDIDATE_COLOUR),
        ],
        x,
        y,
        ("inference time, ms", "% of clips within"),
        (lambda v: f"{v:g}", lambda v: f"{v:g}"),
    )
    names = legend([("stable", STABLE_COLOUR), ("candidate", CANDIDATE_COLOUR)])
    return tag("div", tag("div", drawn, names), _table(stable, candidate), class_="pair")


def cumulative(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return the corners of the share of values, in percent, that are at most x."""
    ordered, count = sorted(values), len(values)
    return [(value, 100 * below / count) for n, value in enumerate(ordered) for below in (n, n + 1)]


def _table(stable: Sequence[float], candidate: Sequence[float]) -> Html:
    head = ["ms", *("longest" if share == 1 else f"{100 * share:g} %" for share in QUANTILES), "mean"]
    rows = [
        [text(name), *(text(f"{quantile(times, q):.0f}") for q in QUANTILES), text(f"{np.mean(times):.0f}")]
        for name, times in (("stable", stable), ("candidate", candidate))
    ]
    return html_table(head, rows)
