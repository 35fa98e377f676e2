"""Judges that others use, on releases whose clips come in any order; knows nothing of bounds.

Each looks again and again, fails a release once, and passes what it never failed: Kayenta's judge with each
clip's word errors (or time) as a data point, or with those of all clips since the last look as one; and a
fixed threshold, from some first clip on, for a figure of all clips so far: the difference in WER, or the
factor of the 95th percentiles of times.
"""

from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np

from rollout_policies.judges.kayenta import CONFIDENCE, is_high
from rollout_policies.recorded_errors import Releases
from rollout_policies.sequential import Floats
from rollout_policies.simulated_walks import Counts, Endings

# How many clips lie between two looks.
CLIPS_A_LOOK = 10
# A metric of fewer clips is not asked, as the walk does not pass before: five points a look are the fewest at
# which the rank test can reach its confidence of 0.98 at all.
FIRST_LOOK = 50
# What a correction tries, in normal quantiles: 0.98 is 2.33, and 7 is a chance of 1e-12.
LARGEST_QUANTILE = 7.0
HALVINGS = 7

# Takes releases and a setting (a confidence, a threshold), returns how each ended.
Judge = Callable[[Releases, float], Endings]
# Takes releases and a first clip, returns a figure at each look (releases x looks); before that clip -inf.
Running = Callable[[Releases, int], Floats]


def shuffled(releases: Releases, rng: np.random.Generator) -> Releases:
    """Return the releases with their clips in random order, as traffic brings them."""
    return releases.ordered(np.argsort(rng.random(releases.words.shape), axis=-1))


def kayenta_by_clip(releases: Releases, confidence: float) -> Endings:
    """Judge each clip's word errors as a data point."""
    return _kayenta(releases, confidence, 1)


def kayenta_by_look(releases: Releases, confidence: float) -> Endings:
    """Judge the sum since the last look as one data point, as a metric that is scraped gives it."""
    return _kayenta(releases, confidence, CLIPS_A_LOOK)


def _kayenta(releases: Releases, confidence: float, clips_a_point: int) -> Endings:
    candidate, stable = (_points(side, clips_a_point) for side in (releases.candidate, releases.stable))
    clips = releases.words.shape[-1]
    failed_after = np.full(len(candidate), clips + 1)
    for look in range(FIRST_LOOK, clips + 1, CLIPS_A_LOOK):
        points = look // clips_a_point
        left = np.flatnonzero(failed_after > clips)
        if len(left) == 0:
            break
        high = is_high(candidate[left, :points], stable[left, :points], confidence)
        failed_after[left[high]] = look
    return _passed_at_the_end(failed_after, clips)


def _points(errors: Floats, clips_a_point: int) -> Counts:
    whole = errors.shape[-1] // clips_a_point * clips_a_point
    by_point = errors[:, :whole].reshape(len(errors), -1, clips_a_point)
    return np.asarray(by_point.sum(axis=-1), dtype=np.int64)


def rounded(judge: Judge, unit: float) -> Judge:
    """Return a judge of whole numbers that is given both sides in so large units."""

    def judge_rounded(releases: Releases, setting: float) -> Endings:
        stable, candidate = (np.rint(side / unit) for side in (releases.stable, releases.candidate))
        return judge(Releases(releases.words, stable, candidate), setting)

    return judge_rounded


def threshold_from(first_clip: int, running: Running) -> Judge:
    """Return a judge that fails once the figure of the clips so far is above its setting."""

    def judge(releases: Releases, threshold: float) -> Endings:
        return _exceeding(running(releases, first_clip), threshold, releases.words.shape[-1])

    return judge


def running_difference(releases: Releases, first_clip: int) -> Floats:
    """Return the difference in word errors per word at each look."""
    looks = _looks(releases)
    parts, words = (np.cumsum(a, axis=-1)[:, looks - 1] for a in (releases.parts, releases.words))
    return np.where(looks >= first_clip, parts / words, -np.inf)


def running_p95_factor(releases: Releases, first_clip: int) -> Floats:
    """Return the candidate's 95th percentile over stable's at each look."""
    looks = _looks(releases)
    found = np.full((len(releases.words), len(looks)), -np.inf)
    for column in np.flatnonzero(looks >= first_clip):
        sides = (side[:, : looks[column]] for side in (releases.candidate, releases.stable))
        candidate, stable = (np.quantile(side, 0.95, axis=-1, method="inverted_cdf") for side in sides)
        found[:, column] = candidate / stable
    return found


def _looks(releases: Releases) -> Counts:
    return np.arange(CLIPS_A_LOOK, releases.words.shape[-1] + 1, CLIPS_A_LOOK)


def _exceeding(running: Floats, threshold: float, clips: int) -> Endings:
    exceeds = running > threshold
    after = np.where(exceeds.any(axis=-1), (exceeds.argmax(axis=-1) + 1) * CLIPS_A_LOOK, clips + 1)
    return _passed_at_the_end(after, clips)


def _passed_at_the_end(failed_after: Counts, clips: int) -> Endings:
    return Endings(failed_after, np.full(len(failed_after), clips), clips)


def tune_threshold(first_clip: int, running: Running, harmless: Sequence[Releases], error: float) -> float:
    """Return the least threshold that fails at most this share of each batch of harmless releases."""
    highest = [running(releases, first_clip).max(axis=-1) for releases in harmless]
    return max(float(np.quantile(h, 1 - error, method="inverted_cdf")) for h in highest)


def tune_confidence(judge: Judge, harmless: Sequence[Releases], error: float) -> float:
    """Return a confidence, 0.98 or above, at which at most this share of each batch is failed."""
    normal = NormalDist()

    def fails_few(quantile: float) -> bool:
        confidence = 2 * normal.cdf(quantile) - 1
        return all(float(judge(releases, confidence).failed.mean()) <= error for releases in harmless)

    low, high = normal.inv_cdf(0.5 + CONFIDENCE / 2), LARGEST_QUANTILE
    if fails_few(low):
        return CONFIDENCE
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if fails_few(middle) else (middle, high)
    return 2 * normal.cdf(high) - 1
