"""Bounds a finite total while its parts are drawn one by one; knows nothing of audio or rollouts.

The golden set's N clips have weights w_i (words). They are drawn without replacement, each next clip with
probability proportional to its weight among those left. So a drawn clip's ratio x_i = d_i / w_i, which is
in [-1, 1], has, given the past, the mean

    mu_t(T) = (T - S_{t-1}) / W_t

where T is the sum of all d_i, S_{t-1} the sum of those seen, and W_t the weight left before draw t.

For each hypothesis T a gambler bets against that mean. With the stake c in (0, 1) on "larger", the
capital's factor is

    1 - c + c (1 + x_t) / (1 + mu_t(T))      = 1 + lambda (x_t - mu_t),  lambda = c / (1 + mu_t),

which is never negative (1 + x_t >= 0), has mean 1 if T is true, and falls as T grows; so does the mean over
a grid of stakes, and its running maximum. By Ville's inequality a true T is ever refused (capital >=
1/alpha at any draw) with probability at most alpha, however often one looks; the refused T are all those
below one number, the lower bound. The upper bound is the same game on -x and -T. What remains also binds T
by logic: |T - S_t| <= W_{t+1}, so that after the last draw both bounds are the total itself.

Sources: Waudby-Smith and Ramdas, "Confidence sequences for sampling without replacement" (arXiv
2006.04347); the same, "Estimating means of bounded random variables by betting" (arXiv 2010.09686);
Waudby-Smith, Stark and Ramdas, "RiLACS" (arXiv 2107.11323), for draws in proportion to size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Stakes: the best is about (mean / mean square) of x - mu, which is 0.05 where a few clips change by much and
# near 1 where none changes at all. The mean over k stakes costs at most ln(k) of the log capital; finer grids
# won nothing.
STAKES: Floats = np.array([0.05, 0.12, 0.25, 0.5, 0.8, 0.97])

# Halvings of the interval searched for a bound: 2^-24 of it is far below one word of any set.
HALVINGS = 24


@dataclass(frozen=True)
class Alphas:
    """How often, at most, the lower bound (it fails a release) and the upper one (it passes) may be wrong."""

    fail: float = 0.01
    passing: float = 0.05

    def __post_init__(self) -> None:
        for name, value in (("fail", self.fail), ("passing", self.passing)):
            if not 0 < value < 1:
                raise ValueError(f"alpha for {name} must be between 0 and 1, not {value}")


@dataclass(frozen=True)
class Bounds:
    """An estimate between two anytime-valid bounds; equal to both once all was seen."""

    lower: float
    estimate: float
    upper: float


def draw_order(weights: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the order of successive draws without replacement with probability proportional to weight.

    Exponential clocks that ring at rates w_i ring in just this order (Efraimidis and Spirakis 2006).
    """
    return np.argsort(rng.exponential(size=len(weights)) / weights)


def weight_before(weights: Floats, total: float) -> Floats:
    """Return for each draw the weight that was left before it, the drawn one's included."""
    return total - np.concatenate([[0.0], np.cumsum(weights)[:-1]])


def sums_before(parts: Floats) -> Floats:
    """Return for each draw the sum of the parts seen before it."""
    return np.concatenate([[0.0], np.cumsum(parts)[:-1]])


def capital(x: Floats, mu: Floats) -> Floats:
    """Return the gambler's capital after each draw, who begins with 1 and bets that x exceeds its mean mu.

    A draw above a mean at or below -1 is impossible and wins without limit; one at -1 is what such a mean
    foretold.
    """
    odds = np.where(x > -1.0, np.inf, 1.0)
    np.divide(1.0 + x, 1.0 + mu, out=odds, where=mu > -1.0)
    # At great odds a capital may overflow to infinity: it refuses all the same.
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.cumprod(1.0 + np.outer(STAKES, odds - 1.0), axis=1).mean(axis=0))


def refused(x: Floats, mu: Floats, alpha: float) -> bool:
    """Say whether the capital reached 1/alpha at any draw."""
    return bool(np.any(capital(x, mu) >= 1.0 / alpha))


def largest_refused(refuses: Callable[[float], bool], low: float, high: float) -> float:
    """Return the end of the refused values, which are all below some number in [low, high]."""
    if not refuses(low):
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if refuses(middle) else (low, middle)
    return low


def bound_total(parts: Floats, weights: Floats, total_weight: float, alphas: Alphas) -> Bounds:
    """Bound the sum of all parts, |part| <= weight each, from those drawn so far in draw order.

    The estimate is what was seen plus the mean ratio seen times the weight left.
    """
    seen = float(parts.sum())
    left = max(0.0, total_weight - float(weights.sum()))
    lowest, highest = seen - left, seen + left
    if len(parts) == 0 or left == 0:
        return Bounds(lowest, seen, highest)
    x, before, remaining = parts / weights, sums_before(parts), weight_before(weights, total_weight)

    def refuses_low(total: float) -> bool:
        return refused(x, (total - before) / remaining, alphas.fail)

    def refuses_high(total: float) -> bool:
        return refused(-x, (before - total) / remaining, alphas.passing)

    lower = largest_refused(refuses_low, lowest, highest)
    upper = -largest_refused(lambda negated: refuses_high(-negated), -highest, -lowest)
    estimate = seen + left * float(x.mean())
    return Bounds(lower, min(max(estimate, lower), max(lower, upper)), upper)
