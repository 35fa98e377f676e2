"""Carries out one walk in a thread of its own: picks pods, writes the pairs; reads no Kubernetes."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from rollout_policies.estimand import Estimand
from rollout_policies.evidence import EvidenceFile, Identity
from rollout_policies.golden.manifest import Clip, GoldenSet
from rollout_policies.metrics import WalkView
from rollout_policies.probe import Discarded, ProbeLimits, Prober
from rollout_policies.rollouts import Endpoint
from rollout_policies.sequential import Alphas
from rollout_policies.walk import Figures, sentence, walk_order, walk_times, weigh

# How long to wait for pods, and after a pair that was no evidence.
PAUSE_SECONDS = 1.0
# After an error of its own (a full disk, say) a walk rests so long before it is begun again.
REST_SECONDS = 30.0
# A clip that was no evidence so many times in a row is told to a person.
TRIES_BEFORE_EVENT = 3

# Takes an Event's reason, its sentence, and whether it is a warning.
Announce = Callable[[str, str, bool], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pods:
    """The ready pods of both sides."""

    stable: tuple[Endpoint, ...] = ()
    candidate: tuple[Endpoint, ...] = ()


class WalkRunner(threading.Thread):
    """Walks one identity to its end or until stopped; others set `pods`, `revision`, `pairs_per_second`."""

    def __init__(
        self,
        identity: Identity,
        golden: GoldenSet,
        evidence: EvidenceFile,
        alphas: Alphas,
        limits: ProbeLimits,
        announce: Announce,
    ) -> None:
        super().__init__(name=f"walk-{identity.rollout}-{identity.candidate}", daemon=True)
        self.identity = identity
        self.pods = Pods()
        self.revision = ""
        self.pairs_per_second = 1.0
        self.ended_at: float | None = None
        self.announce = announce
        self._broke_off: float | None = None
        self._golden, self._evidence, self._alphas = golden, evidence, alphas
        self._limits = limits
        self._stopping = threading.Event()
        # Which pod and which side first: no secret, but no pattern either; the order of clips has its own
        # seed.
        self._rng = random.Random(identity.digest)  # noqa: S311
        self._times = walk_times(golden, identity)
        self._estimand = Estimand.SET
        self._weighing = threading.Lock()
        self._figures = self._weighed()
        self._doing = "waiting for pods"
        self._warmed: set[Endpoint] = set()

    def view(self) -> WalkView:
        """Return the walk as it stands."""
        return WalkView(self.identity, self.revision, self._figures, self._doing, self.ended_at)

    def bound(self, estimand: Estimand) -> None:
        """Say of what the word errors are to be bounded; the figures are of that when this returns."""
        with self._weighing:
            if estimand is not self._estimand:
                self._estimand = estimand
                self._figures = self._weighed()

    def _weighed(self) -> Figures | None:
        population = self._times if self._estimand is Estimand.POPULATION else None
        return weigh(self._golden, self._evidence.pairs, self._alphas, population)

    @property
    def complete(self) -> bool:
        """Whether every clip of the set has been compared."""
        return len(self._evidence.pairs) == len(self._golden.clips)

    @property
    def is_resting(self) -> bool:
        """Whether the walk broke off so lately that it is too soon to begin again."""
        return self._broke_off is not None and time.monotonic() - self._broke_off < REST_SECONDS

    def stop(self) -> None:
        """Ask the walk to end; it does within one answer's time."""
        self._stopping.set()

    def run(self) -> None:
        """Walk until the last clip or until stopped."""
        limits = httpx.Limits(max_keepalive_connections=4)
        # Pods are asked by address: no proxy that the environment names stands between.
        with httpx.Client(limits=limits, trust_env=False) as client:
            prober = Prober(client, self._limits, self._stopping.wait, self._is_ready)
            try:
                self._walk(prober)
            except Exception:
                self._broke_off = time.monotonic()
                self._doing = "broke off; see the referee's log"
                log.exception("walk of %s broke off", self.identity)

    def _walk(self, prober: Prober) -> None:
        done = {pair.clip for pair in self._evidence.pairs}
        left = [clip for clip in walk_order(self._golden, self.identity) if clip.name not in done]
        if left and self._ready_pods(prober) is None:
            return
        self.announce("WalkStarted", self._opening(len(left)), False)
        for clip in left:
            if not self._compare(prober, clip):
                self._doing = "stopped"
                return
        self._doing = "complete"
        self.announce("WalkCompleted", sentence(self._figures), False)

    def _compare(self, prober: Prober, clip: Clip) -> bool:
        """Compare the sides on one clip, however long it takes; False when the walk is to stop."""
        tries = 0
        while (pods := self._ready_pods(prober)) is not None:
            began = time.monotonic()
            self._doing = "comparing"
            stable, candidate = self._rng.choice(pods.stable), self._rng.choice(pods.candidate)
            cold = next((pod for pod in (stable, candidate) if pod not in self._warmed), None)
            if cold is not None:
                self._doing = f"warming {cold.pod} up"
                prober.warm_up(clip, cold)
                self._warmed.add(cold)
                continue
            outcome = prober.probe_pair(clip, stable, candidate, self._rng)
            if not isinstance(outcome, Discarded):
                with self._weighing:
                    self._evidence.append(outcome)
                    self._figures = self._weighed()
                return not self._stopping.wait(max(0.0, began + 1 / self.pairs_per_second - time.monotonic()))
            tries += 1
            self._doing = f"trying again: {outcome.reason}"
            log.warning("%s: discarded a pair: %s", self.name, outcome.reason)
            if tries == TRIES_BEFORE_EVENT:
                self.announce("WalkHeldUp", f"no pair after {tries} tries: {outcome.reason}", True)
            self._stopping.wait(PAUSE_SECONDS)
        return False

    def _ready_pods(self, prober: Prober) -> Pods | None:
        """Wait for a ready pod of each side; None when the walk is to stop."""
        while not self._stopping.is_set():
            pods = self.pods  # once: a look of the referee may bring others at any moment
            if pods.stable and pods.candidate:
                return pods
            prober.rest()
            self._doing = "waiting for a ready pod of each side"
            self._stopping.wait(PAUSE_SECONDS / 4)
        return None

    def _is_ready(self, endpoint: Endpoint) -> bool:
        return endpoint in self.pods.stable or endpoint in self.pods.candidate

    def _opening(self, left: int) -> str:
        i, total = self.identity, len(self._golden.clips)
        resumed = f", {total - left} of them compared before" if left < total else ""
        stable = f"fresh pods of stable {i.stable}" if i.baseline else f"stable {i.stable}"
        return (
            f"candidate {i.candidate} is compared with {stable} on golden set {self._golden.name}: "
            f"{total} clips, {self._golden.words} words{resumed}"
        )
