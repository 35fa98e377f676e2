"""Peers look again and again, fail once, and pass what they never failed; a correction keeps their error."""

import numpy as np
import pytest

from rollout_policies.judges.peers import (
    Judge,
    kayenta_by_clip,
    kayenta_by_look,
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
    endings = threshold_from(10)(releases, 0.2)
    assert endings.failed_after.tolist() == [20, 41]
    assert endings.passed.tolist() == [False, True]


def test_a_threshold_does_not_look_before_its_first_clip() -> None:
    endings = threshold_from(30)(_releases([[1.0] * 40]), 0.2)
    assert endings.failed_after.tolist() == [30]


def _noise(seed: int) -> Releases:
    rng = np.random.default_rng(seed)
    shape = (400, 100)
    return Releases(np.full(shape, 200.0), *(rng.poisson(40, shape).astype(float) for _ in range(2)))


def test_a_tuned_threshold_keeps_its_error() -> None:
    threshold = tune_threshold(10, [_noise(1)], 0.05)
    assert threshold_from(10)(_noise(1), threshold).failed.mean() <= 0.05
    assert threshold_from(10)(_noise(1), threshold * 0.9).failed.mean() > 0.05


@pytest.mark.parametrize("judge", [kayenta_by_clip, kayenta_by_look])
def test_a_corrected_confidence_keeps_its_error(judge: Judge) -> None:
    """Of 400 releases without a difference 0.98 fails a few, which is more than one in a thousand."""
    confidence = tune_confidence(judge, [_noise(2)], 0.001)
    assert judge(_noise(2), 0.98).failed.any()
    assert not judge(_noise(2), confidence).failed.any()
