"""What became of the requests of an open loop; pure, knows no server.

A request is answered (200 in time), refused (503 or 429), over (no answer within the user's patience), or
failed (anything else: another status, a broken connection). Every request is exactly one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.arithmetic import percentile

PATIENCE_SECONDS = 10.0
NORMAL_FACTOR = 2.0
READY_SECONDS = 1.0
# How long a server is watched for its normal service to come back.
RECOVERY_LIMIT_SECONDS = 30.0

Fate = Literal["answered", "refused", "over", "failed"]


@dataclass(frozen=True)
class Sent:
    """One request, in seconds since the schedule's start; latency counts from when it was due."""

    due: float
    latency: float
    status: int
    late: float = 0.0

    @property
    def fate(self) -> Fate:
        """What became of it; a connection that ended without an answer has status 0."""
        if self.latency >= PATIENCE_SECONDS:
            return "over"
        if self.status == 200:
            return "answered"
        return "refused" if self.status in (429, 503) else "failed"


@dataclass(frozen=True)
class Overload:
    """An open loop's account. Seconds; a percentile of nothing is None."""

    due: int
    answered: int
    refused: int
    over: int
    failed: int
    goodput: float
    answered_p50: float | None
    answered_p99: float | None
    refused_p99: float | None
    ready_p99: float | None
    ready_within_1s: float
    client_late_p99: float


def account(sent: Sequence[Sent], ready: Sequence[Sent], duration_seconds: float) -> Overload:
    """The account of a load of `duration_seconds`; goodput is answers within that time, a second."""
    by_fate: dict[Fate, list[Sent]] = {"answered": [], "refused": [], "over": [], "failed": []}
    for one in sent:
        by_fate[one.fate].append(one)
    answered = [one.latency for one in by_fate["answered"]]
    soon = sum(one.due + one.latency <= duration_seconds for one in by_fate["answered"])
    positive = [one for one in ready if one.status == 200 and one.latency <= READY_SECONDS]
    return Overload(
        due=len(sent),
        answered=len(answered),
        refused=len(by_fate["refused"]),
        over=len(by_fate["over"]),
        failed=len(by_fate["failed"]),
        goodput=soon / duration_seconds,
        answered_p50=_percentile(answered, 50),
        answered_p99=_percentile(answered, 99),
        refused_p99=_percentile([one.latency for one in by_fate["refused"]], 99),
        ready_p99=_percentile([one.latency for one in ready], 99),
        ready_within_1s=len(positive) / len(ready) if ready else 0.0,
        client_late_p99=percentile([one.late for one in sent], 99) if sent else 0.0,
    )


def recovery_seconds(tries: Sequence[Sent], unloaded_p50: float) -> float | None:
    """Seconds from the load's end to the first normal answer: a 200 within twice the unloaded p50."""
    for one in tries:
        if one.status == 200 and one.latency <= NORMAL_FACTOR * unloaded_p50:
            return one.due + one.latency
    return None


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return percentile(values, percent) if values else None
