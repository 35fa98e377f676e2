"""Joins what two versions heard of one request by its id, for a bounded time and number; knows no rollout."""

from collections import OrderedDict
from dataclasses import dataclass, field

from rollout_policies.live.heard import Heard

# A candidate may be far slower than stable, but not than the longest request, 40 s by default.
WINDOW_SECONDS = 120.0
CAPACITY = 20_000


@dataclass
class Join:
    """Transcripts that wait for their other half, oldest first; to be used from one thread at a time."""

    window_seconds: float = WINDOW_SECONDS
    capacity: int = CAPACITY
    alone: int = 0  # gave up waiting: only one version told of them
    _waiting: OrderedDict[str, tuple[float, Heard]] = field(default_factory=OrderedDict)

    def add(self, heard: Heard, now: float) -> tuple[Heard, Heard] | None:
        """The pair that this transcript completes; None where it is its request's first, or a repetition."""
        self._forget(now)
        found = self._waiting.get(heard.request_id)
        if found is None:
            self._waiting[heard.request_id] = (now, heard)
            return None
        if found[1].pod_template_hash == heard.pod_template_hash:
            return None
        del self._waiting[heard.request_id]
        return found[1], heard

    def _forget(self, now: float) -> None:
        while self._waiting:
            at, _ = next(iter(self._waiting.values()))
            if now - at <= self.window_seconds and len(self._waiting) < self.capacity:
                return
            self._waiting.popitem(last=False)
            self.alone += 1
