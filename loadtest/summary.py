"""Counts and percentiles over all requests of a load. Pure: records in, a dictionary for JSON out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from loadtest.options import LoadOptions
from loadtest.records import RequestRecord

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Dispatched:
    """What left: requests due, sent and late; seconds of the whole load and up to its last request."""

    due: int
    sent: int
    late: int
    last_sent_seconds: float
    seconds: float
    ended_by: Literal["schedule", "signal"]

    @property
    def rate_per_second(self) -> float:
        """The rate between the first and the last request: n of them are n - 1 intervals apart."""
        return (self.sent - 1) / self.last_sent_seconds if self.last_sent_seconds > 0 else 0.0


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value with at least `percent` % of all values at or below it (nearest rank)."""
    if not values:
        raise ValueError("a percentile needs at least one value, not 0")
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


def summarise(
    records: Sequence[RequestRecord],
    *,
    options: LoadOptions,
    sent: Dispatched,
) -> dict[str, Any]:
    """What the load did and met; latencies in seconds from when each request was due.

    A request that left no record, since the load ended before it did, is `unanswered` and has failed.
    """
    unanswered = sent.sent - len(records)
    return {
        "url": options.base_url + options.path,
        "ended_by": sent.ended_by,
        "seconds": round(sent.seconds, 3),
        "due": sent.due,
        "sent": sent.sent,
        "offered_rate_per_second": options.rate,
        "sent_rate_per_second": round(sent.rate_per_second, 3),
        "late_dispatches": sent.late,
        "failed": unanswered + sum(record.failed for record in records),
        "unanswered": unanswered,
        "by_status": _counted(records, lambda record: str(record.status)),
        "by_model_version": _grouped(records, lambda record: record.model_version),
        "by_pod_template_hash": _grouped(records, lambda record: record.pod_template_hash),
        "latency_seconds": _latency(records),
    }


def _counted(records: Sequence[RequestRecord], key: Callable[[RequestRecord], str]) -> dict[str, int]:
    return dict(sorted(Counter(key(record) for record in records).items()))


def _grouped(
    records: Sequence[RequestRecord], key: Callable[[RequestRecord], str]
) -> dict[str, dict[str, Any]]:
    names = sorted({key(record) for record in records})
    return {name: _group([record for record in records if key(record) == name]) for name in names}


def _group(records: Sequence[RequestRecord]) -> dict[str, Any]:
    return {
        "requests": len(records),
        "failed": sum(record.failed for record in records),
        "latency_seconds": _latency(records),
    }


def _latency(records: Sequence[RequestRecord]) -> dict[str, float]:
    answered = [record.latency_seconds for record in records if record.status]
    if not answered:
        return {}
    named = {f"p{percent}": round(percentile(answered, percent), 4) for percent in PERCENTILES}
    return {**named, "max": round(max(answered), 4)}
