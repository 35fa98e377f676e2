"""Kayenta's judge of one metric, for integer values, many releases at once; knows nothing of word errors.

What it does was read in spinnaker/spinnaker, kayenta/: NetflixACAJudge.scala (confidence 0.98, tolerance
0.25, outliers kept, allowed increase 1.0), MannWhitneyClassifier.scala and MannWhitney.scala. Candidate's and
stable's values are compared by the Mann-Whitney U test as R's wilcox.test does it (normal approximation,
correction for ties and for continuity): for a shift mu of the candidate's values the statistic is

    W(mu) = (U - mn/2 -+ 1/2) / sigma,   U = pairs with x - mu > y, ties by half,

which falls as mu grows. The lower confidence limit is where W is the normal quantile of the confidence, the
estimate (Hodges and Lehmann) where W is 0. The metric is High, which fails a release, where the lower limit
is above a quarter of the estimate's size and the candidate's mean is at least stable's. Equal values pass.

As the values are integers, W between two integers is one number, from a table of how often each difference
x - y occurs; only at integers themselves do pairs tie.
"""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np

from rollout_policies.judges.brent import roots
from rollout_policies.sequential import Floats
from rollout_policies.simulated_walks import Counts, Flags

CONFIDENCE = 0.98
TOLERANCE = 0.25


def is_high(candidate: Counts, stable: Counts, confidence: float) -> Flags:
    """Say of each row of values (releases x values) whether the metric is High."""
    higher = candidate.mean(axis=-1) >= stable.mean(axis=-1)
    high = higher & (np.sort(candidate, axis=-1) != np.sort(stable, axis=-1)).any(axis=-1)
    if candidate.shape[-1] == stable.shape[-1] == 1:
        # Two values tie at the shift between them: all observations are tied, an error and no High.
        return np.zeros_like(high)
    high[high] = _may_be_high(candidate[high], stable[high], confidence)
    lower = _of(high, lambda tests: tests.lower_limit(confidence), candidate, stable)
    # Above a quarter of any estimate's size is above 0.
    high &= lower > 0
    estimate = _of(high, RankTests.estimate, candidate, stable)
    return np.asarray(high & (lower > TOLERANCE * np.abs(estimate)))


def _may_be_high(candidate: Counts, stable: Counts, confidence: float) -> Flags:
    """Say of which rows W just below a shift of 0 is above the quantile; others' lower limits are below 0."""
    top = int(max(candidate.max(initial=0), stable.max(initial=0)))
    x, y = _histograms(candidate, top), _histograms(stable, top)
    m, n = candidate.shape[-1], stable.shape[-1]
    pairs = (x * np.cumsum(y, axis=-1)).sum(axis=-1)
    return _statistic(pairs, _own_ties(x, y), m, n) > _quantile(confidence)


def _quantile(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _own_ties(x: Floats, y: Floats) -> Floats:
    return np.asarray((x**3 - x + y**3 - y).sum(axis=-1))


def _statistic(pairs: Floats, ties: Floats, m: int, n: int) -> Floats:
    centred = pairs - m * n / 2
    variance = (m * n / 12) * ((m + n + 1) - ties / ((m + n) * (m + n - 1)))
    # All tied: Kayenta reports an error, which is no High; here nothing is above nothing.
    spread = np.sqrt(np.where(variance > 0, variance, np.inf))
    return np.asarray((centred - np.sign(centred) / 2) / spread)


def _of(rows: Flags, asked: Callable[["RankTests"], Floats], candidate: Counts, stable: Counts) -> Floats:
    """Return what is asked of some rows' tests, 0 for the others."""
    answers = np.zeros(len(rows))
    if rows.any():
        answers[rows] = asked(RankTests(candidate[rows], stable[rows]))
    return answers


class RankTests:
    """Mann-Whitney tests of candidate's against stable's values, a row a release (releases x values)."""

    def __init__(self, candidate: Counts, stable: Counts) -> None:
        self._top = int(max(candidate.max(), stable.max()))
        self._x, self._y = _histograms(candidate, self._top), _histograms(stable, self._top)
        self._m, self._n = candidate.shape[-1], stable.shape[-1]
        self._rows = np.arange(len(candidate))
        self._above = _pairs_above(self._x, self._y)
        self._lowest = (candidate.min(axis=-1) - stable.max(axis=-1)).astype(float)
        self._highest = (candidate.max(axis=-1) - stable.min(axis=-1)).astype(float)
        self._ties = _own_ties(self._x, self._y)

    def estimate(self) -> Floats:
        """Return the shift at which W is 0."""
        return roots(self.statistic, self._lowest, self._highest)

    def lower_limit(self, confidence: float) -> Floats:
        """Return the shift at which W is the normal quantile of a two-sided confidence."""
        quantile = _quantile(confidence)

        def excess(mu: Floats) -> Floats:
            return self.statistic(mu) - quantile

        inside = roots(excess, self._lowest, self._highest)
        below, above = excess(self._lowest) <= 0, excess(self._highest) >= 0
        return np.where(below, self._lowest, np.where(above, self._highest, inside))

    def statistic(self, mu: Floats) -> Floats:
        """Return W at one shift a row."""
        # Differences from -top to top have the columns 0 to 2 top; `above` counts those at or above a column.
        first_above = np.floor(mu).astype(np.intp) + 1 + self._top
        pairs = self._above[self._rows, np.clip(first_above, 0, 2 * self._top + 1)]
        ties = self._ties.copy()
        whole = mu == np.floor(mu)
        for shift in set(mu[whole].tolist()):
            rows = np.flatnonzero(mu == shift)
            x, y = _tied(self._x[rows], self._y[rows], int(shift))
            pairs[rows] += (x * y).sum(axis=-1) / 2
            ties[rows] += (3 * x * y * (x + y)).sum(axis=-1)
        return _statistic(pairs, ties, self._m, self._n)


def _histograms(values: Counts, top: int) -> Floats:
    rows = np.arange(len(values))[:, None] * (top + 1)
    counted = np.bincount((rows + values).ravel(), minlength=len(values) * (top + 1))
    return counted.reshape(len(values), top + 1).astype(float)


def _pairs_above(x: Floats, y: Floats) -> Floats:
    """Return how many pairs' difference x - y is at least -top, ..., top, top + 1."""
    # A power of two: its Fourier transform is quick.
    length = 1 << (2 * x.shape[-1] - 1).bit_length()
    spectrum = np.fft.rfft(x, length) * np.conj(np.fft.rfft(y, length))
    cyclic = np.rint(np.fft.irfft(spectrum, length))
    top = x.shape[-1] - 1
    by_difference = np.concatenate([cyclic[:, length - top :], cyclic[:, : top + 1]], axis=-1)
    at_least = np.cumsum(by_difference[:, ::-1], axis=-1)[:, ::-1]
    return np.concatenate([at_least, np.zeros((len(x), 1))], axis=-1)


def _tied(x: Floats, y: Floats, mu: int) -> tuple[Floats, Floats]:
    """Return the counts of values that meet where x is shifted by -mu."""
    return (x[:, mu:], y[:, : y.shape[-1] - mu]) if mu >= 0 else (x[:, :mu], y[:, -mu:])
