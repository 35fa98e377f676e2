"""The gambler who knows stakes as Kelly says; no bets of others are sooner than his limit."""

from pathlib import Path

import numpy as np
import pytest

from rollout_policies.judges.oracle import play, soonest
from rollout_policies.recorded_errors import Change, draw_releases, read_recorded
from rollout_policies.simulated_walks import Policy

RECORDED = Path("tests/data/rollout_policies/word_errors.tsv")


@pytest.mark.parametrize(("first", "factor"), [(1.0, 0.5 / 0.45), (0.0, 0.5 / 0.55)])
def test_the_first_bet_is_the_ratio_of_likelihoods(first: float, factor: float) -> None:
    """One half of the clips differ, the margin says 45 %: Kelly's stake wins 50/45 or keeps 50/55."""
    parts = np.array([[first, 1.0 - first] * 50])
    capital, _ = play(parts, np.ones_like(parts), 0.45)
    assert np.exp(capital[0, 0]) == pytest.approx(factor, rel=1e-3)


def test_who_knows_that_a_set_is_at_the_margin_stakes_nothing() -> None:
    parts = np.array([[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0]])
    capital, score = play(parts, np.ones_like(parts), 0.5)
    assert capital[0, :-1] == pytest.approx(np.zeros(7), abs=1e-3)
    assert score[0, :-1] == pytest.approx(np.zeros(7), abs=1e-3)


def test_one_look_counts_standard_deviations() -> None:
    """Of 100 clips half differ, the margin says 30 %: the first draw tells 0.5 - 0.3 of sd 0.5, twice 0.5."""
    parts = np.array([[1.0, 0.0] * 50])
    _, score = play(parts, np.ones_like(parts), 0.3)
    assert score[0, 0] == pytest.approx((1.0 - 0.3) / 0.5)


def test_no_walk_is_sooner_than_any_bets_can_be() -> None:
    rng = np.random.default_rng(1)
    releases = draw_releases(
        read_recorded(RECORDED, "baseline"), Change("+5", "quieter_12db", 5.0), 300, 100, rng
    )
    found = soonest("+5", releases, Policy(), rng)
    assert found.walk is not None
    assert found.gambler is not None
    assert found.any_bets is not None
    assert found.any_bets < found.gambler < 1.1 * found.walk
