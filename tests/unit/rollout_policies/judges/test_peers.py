"""Peers look again and again, fail once, and pass what they never failed; a correction keeps their error."""

import numpy as np
import pytest

from rollout_policies.judges.peers import (
    Judge,
    kayenta_by_clip,
    kayenta_by_look,
    rounded,
    running_difference,
    running_p95_factor,
    threshold_from,
    tune_confidence,
    tune_threshold,
)
from rollout_policies.recorded_errors import Releases


def _releases(candidate: list[list[float]]) -> Releases:
    errors = np.array(candidate, dtype=float)
    return Releases(np.full(errors.shape, 2.0), np.zeros(errors.shape), errors)


def test_a_threshold_fails_at_the_first_look_above_it() -> None:
    """One error in each of clips 11 to 20: 10 of 40 words, 25 points, at the look after 20."""
    releases = _releases([[0.0] * 10 + [1.0] * 10 + [0.0] * 20, [0.0] * 40])
    endings = threshold_from(10, running_difference)(releases, 0.2)
    assert endings.failed_after.tolist() == [20, 41]
    assert endings.passed.tolist() == [False, True]


def test_a_threshold_does_not_look_before_its_first_clip() -> None:
    endings = threshold_from(30, running_difference)(_releases([[1.0] * 40]), 0.2)
    assert endings.failed_after.tolist() == [30]


def _noise(seed: int) -> Releases:
    rng = np.random.default_rng(seed)
    shape = (400, 100)
    return Releases(np.full(shape, 200.0), *(rng.poisson(40, shape).astype(float) for _ in range(2)))


def test_a_tuned_threshold_keeps_its_error() -> None:
    threshold = tune_threshold(10, running_difference, [_noise(1)], 0.05)
    judge = threshold_from(10, running_difference)
    assert judge(_noise(1), threshold).failed.mean() <= 0.05
    assert judge(_noise(1), threshold * 0.9).failed.mean() > 0.05


@pytest.mark.parametrize("judge", [kayenta_by_clip, kayenta_by_look])
def test_a_corrected_confidence_keeps_its_error(judge: Judge) -> None:
    """Of 400 releases without a difference 0.98 fails a few, which is more than one in a thousand."""
    confidence = tune_confidence(judge, [_noise(2)], 0.001)
    assert judge(_noise(2), 0.98).failed.any()
    assert not judge(_noise(2), confidence).failed.any()


def test_the_p95_is_of_the_clips_so_far() -> None:
    """Of 20 times the 19th is the 95th percentile: 190 over 19; before the first clip there is none."""
    times = np.arange(1.0, 21.0)[None, :]
    running = running_p95_factor(Releases(np.ones_like(times), times, 10 * times), 20)
    assert running.tolist() == [[-np.inf, 10.0]]


def test_a_judge_of_whole_numbers_is_given_units() -> None:
    """In units of 10, 52 clips of 8 and of 12 ms are all of one size."""
    times = np.full((1, 52), 8.0)
    releases = Releases(np.ones_like(times), times, times + 4)
    assert rounded(kayenta_by_clip, 1.0)(releases, 0.98).failed.all()
    assert not rounded(kayenta_by_clip, 10.0)(releases, 0.98).failed.any()
