"""Endings are counted against each release's own truth; limits are Clopper's and Pearson's."""

import numpy as np
import pytest

from rollout_policies.simulated_walks import Endings
from rollout_policies.tally import tally, upper_limit


@pytest.mark.parametrize(
    ("count", "of", "limit"),
    [
        (0, 299, 0.00997),  # 1 - 0.05^(1/299)
        (0, 10_000, 0.00030),
        (1, 10, 0.3942),  # the tables' value
        (10, 10, 1.0),
        (0, 0, 1.0),
    ],
)
def test_upper_limits(count: int, of: int, limit: float) -> None:
    assert upper_limit(count, of) == pytest.approx(limit, abs=1e-4)


def test_a_release_is_wrongly_ended_where_its_own_set_says_otherwise() -> None:
    """Two harmless releases, one of them failed; three harmful, one of them passed, one undecided."""
    endings = Endings(np.array([10, 101, 20, 101, 101]), np.array([101, 50, 101, 60, 101]), 100)
    found = tally("walk", "+2", 2.0, endings, np.array([0.0, 0.01, 0.02, 0.02, 0.02]), 0.01)
    assert (found.falsely_aborted.count, found.falsely_aborted.of) == (1, 2)
    assert (found.falsely_promoted.count, found.falsely_promoted.of) == (1, 3)
    assert found.undecided.count == 1


def test_what_half_of_the_releases_never_see_has_no_median() -> None:
    endings = Endings(np.array([10, 20, 101, 101, 101]), np.array([101, 101, 50, 50, 50]), 100)
    found = tally("walk", "+2", 2.0, endings, np.zeros(5), 0.01)
    assert found.median_to_abort is None
    assert found.median_to_decide == 50
