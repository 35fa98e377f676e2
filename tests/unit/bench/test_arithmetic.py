"""Percentiles, rates and pairs, with numbers worked out by hand."""

import pytest

from bench.arithmetic import Spread, due_seconds, paired_differences, percentile, rate, spread, within

TENTHS = [0.4, 0.1, 1.0, 0.3, 0.2, 0.6, 0.5, 0.8, 0.7, 0.9]


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (TENTHS, 50, 0.5),
        (TENTHS, 90, 0.9),
        (TENTHS, 91, 1.0),
        (TENTHS, 1, 0.1),
        ([7.0], 99, 7.0),
        # 99 of 100 are at most 99; of 101 values, 99 % are 99.99 and so the hundredth.
        ([float(i) for i in range(1, 101)], 99, 99.0),
        ([float(i) for i in range(1, 102)], 99, 100.0),
    ],
)
def test_percentile_is_the_nearest_rank(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 50)


def test_rate_counts_intervals_not_edges() -> None:
    # Three completions a second apart are one a second, whenever one began to look.
    assert rate([12.0, 10.0, 11.0]) == 1.0
    with pytest.raises(ValueError, match="not 1"):
        rate([3.0])


def test_a_window_has_its_begin_and_not_its_end() -> None:
    assert within([0.9, 1.0, 1.5, 2.0], 1.0, 2.0) == [1.0, 1.5]


def test_differences_are_of_the_same_clip() -> None:
    assert paired_differences([0.25, 0.5], [0.125, 0.625]) == [0.125, -0.125]
    with pytest.raises(ValueError, match="zip"):
        paired_differences([0.25], [])


def test_requests_are_due_at_multiples_of_the_interval() -> None:
    assert due_seconds(4.0, 1.0) == [0.0, 0.25, 0.5, 0.75]
    # 10 / 3 a second for 3 s are 10, although 3 * (10 / 3) may come out above 10.
    assert len(due_seconds(10 / 3, 3.0)) == 10


def test_spread_of_rounds() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, 3)
    assert spread([]) is None
