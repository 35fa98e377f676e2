"""Bounds as they closed in."""

import pytest

from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.report.bounds import bounds_plot, closing, looks
from rollout_policies.sequential import Alphas
from tests.unit.rollout_policies.report.recorded import PAIRS


@pytest.mark.parametrize(
    ("pairs", "expected"), [(0, []), (1, [1]), (3, [1, 2, 3]), (9, [3, 5, 7, 9]), (8, [2, 4, 6, 8])]
)
def test_looks_are_spread_evenly_and_end_at_the_last_pair(pairs: int, expected: list[int]) -> None:
    assert looks(pairs, most=4) == expected


def test_bounds_close_in_to_what_the_whole_set_shows(golden: GoldenSet) -> None:
    """Nine errors of the candidate's against one in 17 words; all pairs are known at the end."""
    figures = closing(golden, PAIRS, Alphas())
    widths = [
        dict(f.differences)["word_errors"].upper - dict(f.differences)["word_errors"].lower for f in figures
    ]
    assert widths == sorted(widths, reverse=True)
    assert dict(figures[-1].differences)["word_errors"].lower == pytest.approx(8 / 17)


def test_a_plot_shows_the_margin_in_points(golden: GoldenSet) -> None:
    drawn = bounds_plot(closing(golden, PAIRS, Alphas()), "word_errors", 0.01, 5)
    assert drawn is not None
    assert "margin 1<" in drawn


def test_a_measure_that_was_never_bounded_has_no_plot(golden: GoldenSet) -> None:
    """The second clip has no time: 6 of the 11 words seen have both, so latency is bounded from the first."""
    figures = closing(golden, [PAIRS[1]], Alphas())
    assert bounds_plot(figures, "latency", 1.25, 5) is None
