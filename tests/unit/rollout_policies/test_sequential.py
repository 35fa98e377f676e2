"""The bounds against numbers worked out by hand, and their error against many walks of recorded errors."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rollout_policies import sequential
from rollout_policies.recorded_errors import read_recorded
from rollout_policies.sequential import Alphas, Floats, bound_total, capital, draw_order
from rollout_policies.simulated_walks import Policy, decide, first_refusals

RECORDED = Path("tests/data/rollout_policies/word_errors.tsv")


def _stake(monkeypatch: pytest.MonkeyPatch, stake: float) -> None:
    monkeypatch.setattr(sequential, "STAKES", np.array([stake]))
    monkeypatch.setattr(sequential, "SHARES", np.array([1.0]))


def test_the_whole_stake_on_no_difference_is_worth_one_over_the_chance_of_seeing_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One wrong clip among 100: fifty draws without it have chance (99/100)(98/99)...(50/51) = 1/2."""
    _stake(monkeypatch, 1.0)
    left = np.arange(100.0, 50.0, -1.0)
    worth = capital(np.zeros(50), -1.0 / left)
    assert worth[-1] == pytest.approx(2.0)
    assert worth[0] == pytest.approx(100 / 99)


@pytest.mark.parametrize(
    ("x", "mu", "stake", "expected"),
    [
        (0.5, 0.0, 0.5, 1.25),  # 1 + 0.5 * 0.5
        (-1.0, 0.0, 0.5, 0.5),  # the most that is lost is the stake
        (0.2, -0.6, 0.5, 2.0),  # 1 - 0.5 + 0.5 * 1.2 / 0.4
        (-1.0, -1.0, 0.5, 1.0),  # what a mean of -1 foretells wins nothing
    ],
)
def test_capital_of_one_bet(
    monkeypatch: pytest.MonkeyPatch, x: float, mu: float, stake: float, expected: float
) -> None:
    _stake(monkeypatch, stake)
    assert capital(np.array([x]), np.array([mu]))[0] == pytest.approx(expected)


def test_a_draw_above_an_impossible_mean_wins_without_limit() -> None:
    assert capital(np.array([0.0]), np.array([-1.0]))[0] == np.inf


def test_before_the_first_clip_only_logic_bounds() -> None:
    bounds = bound_total(np.array([]), np.array([]), 10.0, Alphas())
    assert (bounds.lower, bounds.upper) == (-10.0, 10.0)


def test_the_estimate_is_what_was_seen_and_the_mean_ratio_for_the_rest() -> None:
    """Seen 1 + 0 of 2 + 2 words; mean ratio 1/4; 4 words left: 1 + 4 / 4."""
    assert bound_total(np.array([1.0, 0.0]), np.array([2.0, 2.0]), 8.0, Alphas()).estimate == pytest.approx(
        2.0
    )


def test_a_complete_walk_is_exact() -> None:
    rng = np.random.default_rng(7)
    words = rng.integers(1, 30, 200).astype(float)
    parts = rng.integers(-words.astype(int), words.astype(int) + 1).astype(float)
    bounds = bound_total(parts, words, float(words.sum()), Alphas())
    assert bounds.lower == bounds.estimate == bounds.upper == parts.sum()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_set_that_is_wrong_throughout_stays_within_its_bounds(sign: float) -> None:
    words = np.array([3.0, 2.0, 4.0])
    bounds = bound_total(sign * words[:2], words[:2], 9.0, Alphas(0.01, 0.01))
    assert bounds.lower <= sign * 9.0 + 1e-6
    assert bounds.upper >= sign * 9.0 - 1e-6


def test_bounds_only_tighten() -> None:
    recorded = read_recorded(RECORDED, "baseline")
    difference = recorded.errors["cut_0.6s"] - recorded.errors["baseline"]
    order = draw_order(recorded.words, np.random.default_rng(3))
    parts, words = difference[order], recorded.words[order]
    looks = [
        bound_total(parts[:n], words[:n], float(words.sum()), Alphas()) for n in range(0, len(parts) + 1, 20)
    ]
    resolution = words.sum() * 2.0**-20
    assert all(b.lower >= a.lower - resolution for a, b in pairwise(looks))
    assert all(b.upper <= a.upper + resolution for a, b in pairwise(looks))


def test_equal_clips_pass_a_margin_after_about_the_log_of_alpha_over_it() -> None:
    """ln(20) / 0.02 = 150 draws with replacement; fewer without, some more for the mixture of stakes."""
    endings = decide(np.zeros((1, 400)), np.ones((1, 400)), Policy(0.02, Alphas(0.01, 0.05)))
    assert endings.passed.all()
    assert 120 < endings.decided_after[0] < 180


def test_draws_are_in_proportion_to_weight() -> None:
    """Of weights 1, 2 and 5 the last is drawn first in 5 of 8 orders, and first or second in 0.89 of them."""
    rng = np.random.default_rng(11)
    orders = np.array([draw_order(np.array([1.0, 2.0, 5.0]), rng) for _ in range(4000)])
    first = np.mean(orders[:, 0] == 2)
    last = np.mean(orders[:, 2] == 2)
    assert first == pytest.approx(5 / 8, abs=0.03)
    assert last == pytest.approx(1 / 8 * 2 / 7 + 2 / 8 * 1 / 6, abs=0.02)


@pytest.mark.parametrize("version", ["quieter_12db", "cut_0.2s", "clipped_18db"])
def test_the_truth_is_missed_no_more_often_than_alpha(version: str) -> None:
    """Every clip is a look; 600 walks, so three standard deviations above 5 % are 7.7 %."""
    recorded = read_recorded(RECORDED, "baseline")
    difference = recorded.errors[version] - recorded.errors["baseline"]
    rng = np.random.default_rng(20261123)
    orders = np.array([draw_order(recorded.words, rng) for _ in range(600)])
    low, high = _missed(difference[orders], recorded.words[orders], Alphas(0.05, 0.05))
    assert low <= 0.077
    assert high <= 0.077


@pytest.mark.parametrize(("alpha", "least", "most"), [(0.05, 0.02, 0.063), (0.5, 0.2, 0.54)])
def test_coins_make_the_bounds_tight(alpha: float, least: float, most: float) -> None:
    """Clips of one word, as many won as lost, in 3000 random orders: the truth is missed nearly as often as
    alpha allows, so that a tenfold alpha is seen. Three standard deviations above 5 % are 6.2 %."""
    coins = np.tile(np.repeat([1.0, -1.0], 200), (3000, 1))
    parts = np.random.default_rng(20261124).permuted(coins, axis=-1)
    low, high = _missed(parts, np.ones_like(parts), Alphas(alpha, alpha))
    assert least <= low <= most
    assert least <= high <= most


def _missed(parts: Floats, words: Floats, alphas: Alphas) -> tuple[float, float]:
    """How often the lower and the upper bound of the total ever excluded it."""
    above, below = first_refusals(parts, words, parts.sum(axis=-1), alphas)
    return float(np.mean(above <= parts.shape[-1])), float(np.mean(below <= parts.shape[-1]))


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1])
def test_an_alpha_outside_0_and_1_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        Alphas(fail=value)
