"""Takes events in as they are sent, and hands each to who makes something of it; knows no HTTP."""

import threading
import time
from collections.abc import Callable, Iterable

from rollout_policies.errors import EventError
from rollout_policies.evidence import Identity
from rollout_policies.live.comparer import LiveComparer
from rollout_policies.live.feedback import FeedbackTally
from rollout_policies.live.heard import Feedback, Heard, read_event


class Listener:
    """Hears for the comparisons that `identities` lists; to be called from any thread."""

    def __init__(
        self, comparer: LiveComparer, feedback: FeedbackTally, identities: Callable[[], Iterable[Identity]]
    ) -> None:
        self.comparer, self.feedback = comparer, feedback
        self._identities = identities
        self._lock = threading.Lock()
        self.unread = 0
        self.wordless = 0

    def take(self, body: bytes) -> None:
        """Take one event in, or let it go where no comparison wants it; EventError for an unreadable one."""
        try:
            event = read_event(body)
        except EventError:
            with self._lock:
                self.unread += 1
            raise
        if event is None:
            return
        comparisons, now = list(self._identities()), time.time()
        if isinstance(event, Feedback):
            self.feedback.given(event, comparisons, now)
            return
        self.feedback.served(event, comparisons, now)
        if isinstance(event, Heard):
            self.comparer.add(event, comparisons, now)
        else:
            with self._lock:
                self.wordless += 1
