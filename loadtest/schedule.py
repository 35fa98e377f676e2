"""When each request of an open loop is due: an absolute schedule, which never waits for an answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

# gevent wakes within a few milliseconds; later than this the client, not the server, was slow.
LATE_SECONDS = 0.05


@dataclass(frozen=True)
class Schedule:
    """`rate` requests a second for `duration_seconds`, the first one due at 0."""

    rate: float
    duration_seconds: float

    @property
    def count(self) -> int:
        """How many requests are due before the duration is over; at least one."""
        # 3/s for 10 s is 30, also where 10 * 3 comes out a rounding error above.
        return max(1, math.ceil(self.rate * self.duration_seconds - 1e-9))

    def due_seconds(self) -> Iterator[float]:
        """Seconds after the start at which each request is due: i / rate, so that errors never add up."""
        return (index / self.rate for index in range(self.count))


def is_late(due_seconds: float, now_seconds: float) -> bool:
    """Whether a request that leaves now leaves noticeably after it was due."""
    return now_seconds - due_seconds > LATE_SECONDS
