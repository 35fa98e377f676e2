"""How long both sides took for the same clips."""

from rollout_policies.report.latency import cumulative, latency_view, paired_times, quantile
from tests.unit.rollout_policies.report.recorded import PAIRS


def test_only_clips_with_both_times_count() -> None:
    assert paired_times(PAIRS) == ([100, 60, 40, 20], [150, 90, 60, 30])


def test_a_quantile_is_a_time_that_was_measured() -> None:
    assert [quantile([40, 10, 30, 20], share) for share in (0.5, 0.75, 0.76, 1.0)] == [20, 30, 40, 40]


def test_shares_rise_at_each_value_to_the_whole() -> None:
    assert cumulative([20, 10]) == [(10, 0), (10, 50), (20, 50), (20, 100)]


def test_the_table_has_both_sides() -> None:
    drawn = latency_view(PAIRS)
    assert drawn is not None
    assert "<td>candidate</td><td>60</td><td>150</td>" in drawn


def test_without_times_there_is_nothing_to_show() -> None:
    assert latency_view([PAIRS[1]]) is None
