"""Confidence: certain, clueless and between, by hand."""

import numpy as np
import pytest

from model_server.artefact.manifest import Calibration
from model_server.confidence import calibrated, token_confidence, utterance_confidence


def test_equal_logits_know_nothing():
    assert token_confidence(np.zeros(1_000, dtype=np.float32)) == pytest.approx(0, abs=1e-4)


def test_one_token_that_has_all_is_certain():
    logits = np.zeros(1_000, dtype=np.float32)
    logits[7] = 100

    assert token_confidence(logits) == pytest.approx(1, abs=1e-4)


def test_two_equal_tokens_of_three_are_a_quarter():
    # H = ln 2, so (3 / 2 - 1) / (3 - 1) = 0.25.
    logits = np.array([50, 50, -50], dtype=np.float32)

    assert token_confidence(logits) == pytest.approx(0.25, abs=1e-6)


def test_huge_logits_do_not_overflow():
    assert token_confidence(np.array([1e30, 0, 0], dtype=np.float32)) == pytest.approx(1)


def test_utterance_is_the_mean_of_its_tokens():
    assert utterance_confidence([0.2, 0.6]) == pytest.approx(0.4)
    assert utterance_confidence([]) is None


def test_calibration_maps_raw_to_probability():
    # 1 / (1 + exp(-(-2 + 4 * 0.5))) = 1 / 2.
    assert calibrated(0.5, Calibration(-2, 4, "0" * 64)) == pytest.approx(0.5)


@pytest.mark.parametrize(("raw", "calibration"), [(None, Calibration(0, 1, "0" * 64)), (0.3, None)])
def test_without_confidence_or_calibration_nothing_is_mapped(raw, calibration):
    assert calibrated(raw, calibration) == raw
