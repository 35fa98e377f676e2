"""Calibration: a known map is found again, its error is measured on utterances it was not fitted on."""

import numpy as np
import pytest

from model_server.calibration.fit import (
    Bin,
    Logistic,
    bins,
    calibration_error,
    fit,
    held_out,
    ranking,
    review_rates,
)


@pytest.fixture
def drawn():
    """Raw confidences and outcomes drawn by a known map."""
    random = np.random.default_rng(7)
    raw = random.uniform(0, 1, 20_000)
    return raw, random.uniform(0, 1, 20_000) < Logistic(-3, 6)(raw)


def test_known_map_is_found_again(drawn):
    found = fit(*drawn)

    assert (found.intercept, found.slope) == (pytest.approx(-3, abs=0.15), pytest.approx(6, abs=0.3))


@pytest.mark.parametrize("right", [[True, True], [False, False]])
def test_outcomes_of_one_kind_cannot_be_fitted(right):
    with pytest.raises(ValueError, match="both kinds"):
        fit(np.array([0.2, 0.8]), np.array(right))


def test_separable_outcomes_do_not_run_away():
    found = fit(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]))

    # Platt's targets are 3/4 and 1/4 here, so that the map stays finite.
    assert 0 < found.slope < 20


def test_held_out_confidence_is_calibrated(drawn):
    raw, right = drawn

    error = calibration_error(bins(held_out(raw, right, folds=5, seed=1), right))

    assert error < 0.02 < calibration_error(bins(raw, right))


def test_error_is_the_mean_distance_weighed_by_counts():
    assert calibration_error([Bin(3, 0.9, 0.8), Bin(1, 0.5, 0.9)]) == pytest.approx((3 * 0.1 + 0.4) / 4)


def test_ranking_counts_pairs_and_half_of_the_ties():
    # Right 0.9 and 0.5 against wrong 0.5 and 0.1: two above, one tie of four... 0.9>0.5, 0.9>0.1, 0.5>0.1.
    assert ranking(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])) == 3.5 / 4


def test_review_catches_what_is_below_the_threshold():
    confidence, right = np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True])

    assert review_rates(confidence, right, 0.5) == (0.5, 0.5)
