"""Pairs what two versions heard and says what the pairs prove of each comparison; knows no events or HTTP."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from rollout_policies.evidence import Identity
from rollout_policies.live.disagreement import bound_share
from rollout_policies.live.heard import Heard
from rollout_policies.live.join import Join
from rollout_policies.live.slices import Slice, slices
from rollout_policies.live.store import Disagreed, LiveStore
from rollout_policies.sequential import Alphas, Bounds

WORST_SHOWN = 20


@dataclass(frozen=True)
class LiveFigures:
    """What live pairs prove of one comparison; `last_pair_at` in seconds since 1970."""

    pairs: int
    last_pair_at: float
    disagreement: Bounds


@dataclass(frozen=True)
class Findings:
    """What live pairs of one comparison have to show a person."""

    figures: LiveFigures
    worst: tuple[Disagreed, ...]
    slices: tuple[Slice, ...]


class LiveComparer:
    """The live pairs of all comparisons; to be called from any thread."""

    def __init__(self, store: LiveStore, alphas: Alphas) -> None:
        self._store, self._alphas = store, alphas
        self._join = Join()
        self._lock = threading.Lock()
        self._proven: dict[Identity, tuple[int, Bounds]] = {}

    @property
    def alone(self) -> int:
        """Transcripts of which only one version told."""
        return self._join.alone

    def add(self, heard: Heard, comparisons: Iterable[Identity], now: float) -> None:
        """Take one transcript in, and keep the pair it completes for the comparisons it belongs to."""
        with self._lock:
            both = self._join.add(heard, time.monotonic())
        if both is None:
            return
        by_hash = {one.pod_template_hash: one for one in both}
        for identity in comparisons:
            if {identity.stable, identity.candidate} == by_hash.keys():
                self._store.add(identity, by_hash[identity.stable], by_hash[identity.candidate], now)

    def figures(self, identity: Identity) -> LiveFigures | None:
        """What an identity's pairs prove so far; None before the first."""
        pairs, last = self._store.counted(identity)
        if not pairs:
            return None
        count, bounds = self._proven.get(identity, (0, None))
        if bounds is None or count != pairs:
            # A pair that has come meanwhile is told of at the next look.
            bounds = bound_share(self._store.shares(identity)[:pairs], self._alphas)
            if bounds is None:
                return None
            self._proven[identity] = (pairs, bounds)
        return LiveFigures(pairs, last, bounds)

    def forget_all_but(self, identities: Iterable[Identity]) -> None:
        """Keep the bounds of these alone at hand; those of others are computed anew when asked for."""
        kept = set(identities)
        for identity in list(self._proven):
            if identity not in kept:
                self._proven.pop(identity, None)

    def findings(self, identity: Identity, worst: int = WORST_SHOWN) -> Findings | None:
        """The figures with the worst disagreements and the slices; None before the first pair."""
        figures = self.figures(identity)
        if figures is None:
            return None
        found = slices(self._store.compared(identity))
        return Findings(figures, tuple(self._store.worst(identity, worst)), tuple(found))
