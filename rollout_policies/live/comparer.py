"""Takes events in, pairs them and says what the pairs prove of each comparison under way; knows no HTTP."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rollout_policies.errors import EventError
from rollout_policies.evidence import Identity
from rollout_policies.live.disagreement import bound_share
from rollout_policies.live.heard import read_event
from rollout_policies.live.join import Join
from rollout_policies.live.store import LiveStore
from rollout_policies.sequential import Alphas, Bounds


@dataclass(frozen=True)
class LiveFigures:
    """What live pairs prove of one comparison; `last_pair_at` in seconds since 1970."""

    pairs: int
    last_pair_at: float
    disagreement: Bounds


class LiveComparer:
    """The live pairs of the comparisons that `identities` lists; to be called from any thread."""

    def __init__(
        self, store: LiveStore, identities: Callable[[], Iterable[Identity]], alphas: Alphas
    ) -> None:
        self._store, self._identities, self._alphas = store, identities, alphas
        self._join = Join()
        self._lock = threading.Lock()
        self.unread = 0

    @property
    def alone(self) -> int:
        """Transcripts of which only one version told."""
        return self._join.alone

    def take(self, body: bytes) -> None:
        """Take one event in, or let it go where no comparison wants it; EventError for an unreadable one."""
        try:
            heard = read_event(body)
        except EventError:
            with self._lock:
                self.unread += 1
            raise
        if heard is None:
            return
        with self._lock:
            both = self._join.add(heard, time.monotonic())
        if both is None:
            return
        by_hash = {one.pod_template_hash: one for one in both}
        for identity in self._identities():
            if {identity.stable, identity.candidate} == by_hash.keys():
                self._store.add(identity, by_hash[identity.stable], by_hash[identity.candidate], time.time())

    def figures(self, identity: Identity) -> LiveFigures | None:
        """What an identity's pairs prove so far; None before the first."""
        shares, last = self._store.shares(identity)
        bounds = bound_share(shares, self._alphas)
        return None if bounds is None else LiveFigures(len(shares), last, bounds)
