"""Bounds how much slower a candidate is, as one factor, from paired times; not how they are taken.

A clip's pair of inference times (candidate c, stable s) gives, for a hypothesised factor f, the score

    y(f) = (c - f s) / (c + f s) = tanh(ln(c / (f s)) / 2)   in (-1, 1), falling in f,

and the set's factor f* is where the scores, weighted by words, sum to zero over all clips: a middle value of
the ratios c/s that no single stall can move far. A clip without both times scores 0 for every f. So "the
factor is f" says that the total of w y(f) is 0, which is what `sequential` bets against: y falls and the mean
of what is left rises with f, hence the capital falls with f and the refused factors are again all those below
one number.

What this does not cover: a stable pod that serves users queues them behind a probe, so nothing of its own
competes with the probe, while a candidate's probe competes with users' work next door. Where cores are few
and times are wall-clock, an equal candidate then looks slower (x1.4 at 3 requests a second on two cores; x1.0
without users).
"""

from collections.abc import Callable

import numpy as np

from rollout_policies.sequential import (
    Alphas,
    Bounds,
    Floats,
    largest_refused,
    refused,
    sums_before,
    weight_before,
)

# Factors are searched from a hundredth to a hundredfold; a bound outside is reported as this end.
LOG_SPAN = float(np.log(100.0))
HALVINGS_OF_ESTIMATE = 40


def scores(ratios: Floats, log_factor: float) -> Floats:
    """Return each clip's score for a factor; a ratio of NaN (a time is missing) scores 0."""
    known = np.isfinite(ratios)
    return np.where(known, np.tanh((np.log(np.where(known, ratios, 1.0)) - log_factor) / 2), 0.0)


def bound_factor(ratios: Floats, weights: Floats, total_weight: float, alphas: Alphas) -> Bounds | None:
    """Bound the set's factor from candidate/stable times in draw order; None where no clip has both times."""
    if not np.isfinite(ratios).any():
        return None
    remaining = weight_before(weights, total_weight)
    left = max(0.0, total_weight - float(weights.sum()))

    def too_low(log_factor: float) -> bool:
        y = scores(ratios, log_factor)
        # What is left cannot bring the total back to 0; or the bets say so.
        impossible = float(y @ weights) > left
        return impossible or refused(y, -sums_before(y * weights) / remaining, alphas.fail)

    def too_high(log_factor: float) -> bool:
        y = scores(ratios, log_factor)
        impossible = -float(y @ weights) > left
        return impossible or refused(-y, sums_before(y * weights) / remaining, alphas.passing)

    def expected_total(log_factor: float) -> float:
        y = scores(ratios, log_factor)
        return float(y @ weights) + left * float(y[np.isfinite(ratios)].mean())

    lower = largest_refused(too_low, -LOG_SPAN, LOG_SPAN)
    upper = -largest_refused(lambda negated: too_high(-negated), -LOG_SPAN, LOG_SPAN)
    estimate = min(max(_root(expected_total), lower), max(lower, upper))
    return Bounds(float(np.exp(lower)), float(np.exp(estimate)), float(np.exp(upper)))


def _root(falling: Callable[[float], float]) -> float:
    """Return where a falling function of the log factor crosses 0."""
    low, high = -LOG_SPAN, LOG_SPAN
    for _ in range(HALVINGS_OF_ESTIMATE):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
