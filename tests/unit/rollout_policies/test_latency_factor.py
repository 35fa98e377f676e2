"""The factor's bounds: exact at the end, right about known slowdowns, silent without times."""

import numpy as np
import pytest

from rollout_policies.latency_factor import bound_factor, scores
from rollout_policies.sequential import Alphas, draw_order

WORDS = np.random.default_rng(5).integers(1, 20, 300).astype(float)


def _bounds(ratios: np.ndarray, seen: int) -> tuple[float, float, float]:
    found = bound_factor(ratios[:seen], WORDS[:seen], float(WORDS.sum()), Alphas())
    assert found is not None
    return found.lower, found.estimate, found.upper


@pytest.mark.parametrize(("ratio", "factor", "score"), [(3.0, 1.0, 0.5), (1.0, 1.0, 0.0), (1.0, 3.0, -0.5)])
def test_score_is_the_difference_over_the_sum(ratio: float, factor: float, score: float) -> None:
    assert scores(np.array([ratio]), float(np.log(factor)))[0] == pytest.approx(score)


def test_a_uniform_slowdown_is_found_exactly_by_a_complete_walk() -> None:
    assert _bounds(np.full(300, 1.7), 300) == pytest.approx((1.7, 1.7, 1.7), rel=1e-5)


def test_a_threefold_slowdown_is_proved_beyond_a_quarter_within_forty_clips() -> None:
    ratios = 3.0 * np.exp(np.random.default_rng(1).normal(0, 0.3, 300))
    lower, _, upper = _bounds(ratios, 40)
    assert 1.25 < lower < 3.0 < upper


def test_equal_times_pass_a_quarter_within_sixty_clips() -> None:
    ratios = np.exp(np.random.default_rng(2).normal(0, 0.3, 300))
    lower, _, upper = _bounds(ratios, 60)
    assert lower < 1.0 < upper < 1.25


def test_one_stalled_clip_moves_the_factor_little() -> None:
    ratios = np.ones(300)
    ratios[7] = 1000.0
    assert _bounds(ratios, 300)[1] == pytest.approx(1.0, abs=0.05)


def test_clips_without_both_times_say_nothing() -> None:
    ratios = np.where(np.arange(300) % 2 == 0, 2.0, np.nan)
    assert _bounds(ratios, 300)[1] == pytest.approx(2.0, rel=1e-5)
    assert bound_factor(np.full(3, np.nan), WORDS[:3], float(WORDS.sum()), Alphas()) is None


def test_the_set_factor_is_missed_no_more_often_than_alpha() -> None:
    """400 walks; three standard deviations above 5 % are 8.3 %."""
    rng = np.random.default_rng(9)
    ratios = 1.2 * np.exp(rng.normal(0, 0.5, 300))
    whole = bound_factor(ratios, WORDS, float(WORDS.sum()), Alphas())
    assert whole is not None
    missed = np.zeros(2)
    for _ in range(400):
        order = draw_order(WORDS, rng)
        # Bounds hold their tightest value ever, so that one late look stands for all before it.
        seen = order[:200]
        found = bound_factor(ratios[seen], WORDS[seen], float(WORDS.sum()), Alphas(0.05, 0.05))
        assert found is not None
        missed += [found.lower > whole.upper, found.upper < whole.lower]
    assert missed[0] / 400 <= 0.083
    assert missed[1] / 400 <= 0.083
