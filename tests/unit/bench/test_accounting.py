"""Every request of an overload has one fate; goodput counts answers within the load's time."""

import pytest

from bench.accounting import Sent, account, recovery_seconds


@pytest.mark.parametrize(
    ("latency", "status", "fate"),
    [
        (0.2, 200, "answered"),
        (9.99, 200, "answered"),
        (10.0, 200, "over"),
        (10.0, 0, "over"),
        (0.01, 503, "refused"),
        (0.01, 429, "refused"),
        (0.2, 500, "failed"),
        (0.2, 0, "failed"),
        (0.2, 413, "failed"),
    ],
)
def test_fate_of_a_request(latency: float, status: int, fate: str) -> None:
    assert Sent(0.0, latency, status).fate == fate


def test_fates_add_up_to_what_was_due() -> None:
    sent = [Sent(0, 0.5, 200), Sent(1, 0.01, 503), Sent(2, 10, 0), Sent(3, 0.1, 500), Sent(4, 0.25, 200)]
    found = account(sent, [], 5.0)
    assert (found.answered, found.refused, found.over, found.failed) == (2, 1, 1, 1)
    assert found.due == 5


def test_goodput_leaves_out_what_came_after_the_load() -> None:
    sent = [Sent(0.0, 0.5, 200), Sent(1.0, 1.0, 200), Sent(1.5, 1.0, 200), Sent(1.0, 0.0, 503)]
    # Two of the three answers arrived within the 2 s.
    assert account(sent, [], 2.0).goodput == 1.0


def test_refusals_do_not_lower_the_latency_of_the_answered() -> None:
    found = account([Sent(0, 0.5, 200), Sent(0, 0.001, 503)], [], 1.0)
    assert found.answered_p50 == 0.5
    assert found.refused_p99 == 0.001


def test_nothing_refused_has_no_percentile() -> None:
    assert account([Sent(0, 0.5, 200)], [], 1.0).refused_p99 is None


def test_ready_that_is_late_or_negative_is_not_within_1_s() -> None:
    ready = [Sent(0, 0.01, 200), Sent(0, 1.5, 200), Sent(0, 0.01, 503), Sent(0, 10.0, 0)]
    found = account([Sent(0, 0.5, 200)], ready, 1.0)
    assert found.ready_within_1s == 0.25
    assert found.ready_p99 == 10.0


def test_recovery_is_the_end_of_the_first_normal_answer() -> None:
    tries = [Sent(0.0, 0.02, 503), Sent(0.25, 0.5, 200), Sent(0.75, 0.125, 200)]
    # The second took over twice the usual 0.1 s.
    assert recovery_seconds(tries, 0.1) == 0.875


def test_a_server_never_normal_again_has_not_recovered() -> None:
    assert recovery_seconds([Sent(0.0, 10.0, 0)], 0.1) is None
