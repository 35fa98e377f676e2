"""Starts, feeds and ends walks as Rollouts come and go; knows nothing of HTTP or of what a walk measures.

One look at a time: every Rollout that asks for golden walks is read, what is due runs, what is no longer
due ends. A walk that ended stays visible for a while, so that gates and people can read its last figures.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rollout_policies.errors import AnnotationError, ClusterError, EvidenceError, RefereeError
from rollout_policies.evidence import EvidenceFile, Identity
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.metrics import WalkView
from rollout_policies.probe import ProbeLimits
from rollout_policies.rollouts import (
    Comparison,
    Object,
    ProbePlan,
    due_comparison,
    is_watched,
    probe_plan,
    ready_endpoints,
    stable_endpoints,
)
from rollout_policies.runner import Pods, WalkRunner
from rollout_policies.sequential import Alphas
from rollout_policies.walk import sentence

log = logging.getLogger(__name__)


class Cluster(Protocol):
    """What the referee needs of a cluster; every method may raise ClusterError."""

    def rollouts(self) -> Sequence[Object]:
        """Return every Rollout in reach."""

    def pods(self, comparison: Comparison) -> Sequence[Object]:
        """Return the pods of a comparison's Rollout."""

    def announce(self, comparison: Comparison, reason: str, message: str, warning: bool) -> None:
        """Record an Event on the Rollout; one that cannot be recorded is only logged."""


@dataclass(frozen=True)
class RefereeOptions:
    """Where evidence is kept, how sure the bounds are, and the times in seconds."""

    data: Path
    alphas: Alphas = field(default_factory=Alphas)
    limits: ProbeLimits = field(default_factory=ProbeLimits)
    look_seconds: float = 2.0
    longest_pause_seconds: float = 30.0
    keep_ended_seconds: float = 600.0


class Referee:
    """Holds the walks of all Rollouts; `look` is called by one thread, `views` by any."""

    def __init__(
        self, cluster: Cluster, golden_sets: Mapping[str, GoldenSet], options: RefereeOptions
    ) -> None:
        self._cluster, self._sets, self._options = cluster, golden_sets, options
        # Both are replaced whole where keys change: `views` reads them from other threads.
        self._walks: dict[Identity, WalkRunner] = {}
        self._due: dict[tuple[str, str, str, str], Identity | None] = {}
        self._told: set[tuple[str, str]] = set()
        self.last_try: float | None = None
        self.last_look: float | None = None

    def views(self) -> list[WalkView]:
        """Return all walks that run or ended lately, at most one of a comparison: that which is due, none
        where that cannot be, and otherwise the latest begun. A gate would take what another one proved, of
        other clips or other pods, for its answer."""
        walks = self._walks
        answering = {identity.comparison: identity for identity in walks} | self._due
        return [walks[identity].view() for identity in answering.values() if identity and identity in walks]

    def identities(self) -> list[Identity]:
        """Return what is being compared now."""
        return [identity for identity, walk in self._walks.items() if walk.ended_at is None]

    def run(self, stopping: threading.Event) -> None:
        """Look every few seconds until told to stop; while the API does not answer, walks go on and looks
        are rarer."""
        pause = self._options.look_seconds
        while not stopping.is_set():
            self.last_try = time.monotonic()
            try:
                self.look()
                pause = self._options.look_seconds
            except ClusterError as error:
                pause = min(2 * pause, self._options.longest_pause_seconds)
                log.warning("%s; next look in %g s", error, pause)
            except Exception:
                log.exception("a look at the cluster failed; the next one may not")
            stopping.wait(pause)
        for walk in self._walks.values():
            walk.stop()

    def look(self) -> None:
        """Bring the walks in line with the Rollouts as they are now."""
        found = [(one, due_comparison(one)) for one in self._cluster.rollouts() if is_watched(one)]
        compared = [(rollout, comparison) for rollout, comparison in found if comparison is not None]
        self._due = {comparison.key: self._follow(rollout, comparison) for rollout, comparison in compared}
        for identity, walk in self._walks.items():
            if self._due.get(identity.comparison) != identity:
                self._end(identity, walk)
        for rollout, comparison in compared:
            self._feed(rollout, comparison)
        self.last_look = time.monotonic()

    def _follow(self, rollout: Object, comparison: Comparison) -> Identity | None:
        """Return what the walk of a comparison is of, begun where none runs; None where there can be none."""
        try:
            plan = probe_plan(rollout)
            identity = self._identity(comparison, plan)
            self._ensure_walk(identity, comparison, plan)
        except (AnnotationError, EvidenceError, UnknownGoldenSetError, OSError) as error:
            self._tell_once(comparison, str(error))
            return None
        return identity

    def _feed(self, rollout: Object, comparison: Comparison) -> None:
        """Tell the walk of a comparison, where one runs, what is asked of it now and which pods answer."""
        identity = self._due[comparison.key]
        walk = None if identity is None else self._walks.get(identity)
        if walk is None or walk.ended_at is not None:
            return
        plan, pods = probe_plan(rollout), self._cluster.pods(comparison)
        walk.revision, walk.pairs_per_second = comparison.revision, plan.pairs_per_second
        walk.bound(plan.estimand)
        walk.pods = Pods(
            stable_endpoints(pods, comparison, plan), ready_endpoints(pods, comparison.candidate, plan)
        )

    def _identity(self, comparison: Comparison, plan: ProbePlan) -> Identity:
        golden = self._sets.get(plan.golden_set)
        if golden is None:
            known = ", ".join(sorted(self._sets)) or "none"
            raise UnknownGoldenSetError(
                f"golden set {plan.golden_set!r} is not known; this referee has: {known}"
            )
        c = comparison
        return Identity(c.namespace, c.rollout, c.stable, c.candidate, golden.digest, plan.baseline)

    def _ensure_walk(self, identity: Identity, comparison: Comparison, plan: ProbePlan) -> None:
        """Begin the walk of an identity where none runs, and no ended one may still write."""
        walk = self._walks.get(identity)
        if walk is not None and walk.ended_at is not None and walk.is_alive():
            return
        if (
            walk is not None
            and walk.ended_at is None
            and (walk.is_alive() or walk.complete or walk.is_resting)
        ):
            return
        walk = WalkRunner(
            identity,
            self._sets[plan.golden_set],
            EvidenceFile(self._options.data, identity),
            self._options.alphas,
            self._options.limits,
            lambda reason, message, warning: self._cluster.announce(comparison, reason, message, warning),
        )
        walk.revision = comparison.revision
        walk.bound(plan.estimand)
        self._walks = {**self._others(identity), identity: walk}  # last: the latest begun
        walk.start()

    def _others(self, identity: Identity) -> dict[Identity, WalkRunner]:
        return {other: walk for other, walk in self._walks.items() if other != identity}

    def _end(self, identity: Identity, walk: WalkRunner) -> None:
        if walk.ended_at is None:
            walk.stop()
            walk.ended_at = time.time()
            walk.announce("WalkEnded", f"the release is over: {sentence(walk.view().figures)}", False)
        elif not walk.is_alive() and time.time() - walk.ended_at > self._options.keep_ended_seconds:
            self._walks = self._others(identity)

    def _tell_once(self, comparison: Comparison, message: str) -> None:
        if (comparison.uid, message) not in self._told:
            self._told.add((comparison.uid, message))
            log.error("%s/%s: no walk: %s", comparison.namespace, comparison.rollout, message)
            self._cluster.announce(comparison, "WalkImpossible", message, True)


class UnknownGoldenSetError(RefereeError):
    """A Rollout names a golden set that this referee does not hold."""
