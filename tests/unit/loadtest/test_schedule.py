"""The absolute schedule of an open loop."""

from __future__ import annotations

import pytest

from loadtest.schedule import Schedule, is_late


@pytest.mark.parametrize(
    ("rate", "seconds", "count"),
    [(3.0, 10.0, 30), (0.1, 5.0, 1), (2.5, 3.0, 8), (0.3, 10.0, 3), (100.0, 0.015, 2)],
)
def test_count_is_what_is_due_before_the_end(rate: float, seconds: float, count: int) -> None:
    assert Schedule(rate, seconds).count == count


def test_due_times_do_not_drift() -> None:
    due = list(Schedule(3.0, 1000.0).due_seconds())
    assert due[:3] == [0.0, pytest.approx(1 / 3), pytest.approx(2 / 3)]
    assert due[2997] == 999.0


def test_fifty_milliseconds_are_not_late_and_sixty_are() -> None:
    assert not is_late(1.0, 1.049)
    assert is_late(1.0, 1.06)
