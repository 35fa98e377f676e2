"""What a load's summary counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.__main__ import check
from loadtest.errors import LoadTestError, TooFewRequests
from loadtest.options import LoadOptions
from loadtest.records import RequestRecord
from loadtest.summary import Dispatched, percentile, summarise

OPTIONS = LoadOptions(url="http://127.0.0.1:1", audio=Path("clips"))

SENT = Dispatched(due=4, sent=4, late=1, last_sent_seconds=1.0, seconds=2.0, ended_by="schedule")


def record(latency_seconds: float, status: int = 200, pod: str = "a", error: str = "") -> RequestRecord:
    return RequestRecord(0.0, latency_seconds, status, pod, "1", "id", error)


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (95, 10), (99, 10), (1, 1)])
def test_percentile_is_the_nearest_rank(percent: float, value: float) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], percent) == value


def test_rate_is_counted_up_to_the_last_request() -> None:
    told = summarise([], options=OPTIONS, sent=SENT)
    assert (told["sent_rate_per_second"], told["seconds"], told["late_dispatches"]) == (3.0, 2.0, 1)


def test_requests_are_counted_by_who_answered() -> None:
    records = [
        record(0.1),
        record(0.3, pod="b"),
        record(0.2, 503, pod="b", error="full"),
        record(9, 0, "", "x"),
    ]
    told = summarise(records, options=OPTIONS, sent=SENT)
    assert told["by_status"] == {"0": 1, "200": 2, "503": 1}
    assert {pod: group["failed"] for pod, group in told["by_pod_template_hash"].items()} == {
        "": 1,
        "a": 0,
        "b": 1,
    }


def test_latency_leaves_out_requests_that_nobody_answered() -> None:
    told = summarise([record(0.25), record(30.0, 0)], options=OPTIONS, sent=replace(SENT, sent=2))
    assert told["latency_seconds"]["max"] == 0.25
    assert (told["failed"], told["unanswered"]) == (1, 0)


def test_request_without_a_record_is_unanswered_and_failed() -> None:
    told = summarise([record(0.25), record(30.0, 0)], options=OPTIONS, sent=SENT)
    assert (told["sent"], told["unanswered"], told["failed"]) == (4, 2, 3)


def test_too_few_requests_are_an_error() -> None:
    with pytest.raises(TooFewRequests, match="2 requests were sent; at least 3"):
        check({"sent": 2, "failed": 0}, min_requests=3, fail_on_errors=False)


def test_failures_are_an_error_only_when_asked() -> None:
    check({"sent": 2, "failed": 1}, min_requests=1, fail_on_errors=False)
    with pytest.raises(LoadTestError, match="1 of 2 requests failed"):
        check({"sent": 2, "failed": 1}, min_requests=1, fail_on_errors=True)
