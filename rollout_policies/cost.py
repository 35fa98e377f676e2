"""Counts what probing takes from the pods that are asked; sends nothing and judges nothing.

Everything sent counts: warm-ups, second tries, and clips whose pair was given up. A cost is kept with the
next pair, so a walk that is broken off forgets what it sent since its last one, and the time in between. What
a pod did for a probe that it never answered is not known.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

REFUSALS = frozenset({429, 503})


@dataclass(frozen=True)
class Spent:
    """What probing took from one side: probes sent, those refused (429, 503) and those sent once more.

    Audio is that of the probes answered 200, inference what their answers say of it; both in seconds.
    """

    probes: int = 0
    refused: int = 0
    retried: int = 0
    audio_seconds: float = 0.0
    inference_seconds: float = 0.0


@dataclass(frozen=True)
class Cost:
    """What probing took from both sides, over so many seconds of the walk."""

    seconds: float = 0.0
    stable: Spent = field(default_factory=Spent)
    candidate: Spent = field(default_factory=Spent)

    @property
    def sides(self) -> tuple[tuple[str, Spent], ...]:
        """Both sides by name."""
        return (("stable", self.stable), ("candidate", self.candidate))


def added(costs: Iterable[Cost | None]) -> Cost:
    """Return the sum; pairs written before costs were kept have none."""
    known = [cost for cost in costs if cost is not None]
    return Cost(
        sum(cost.seconds for cost in known),
        _added(cost.stable for cost in known),
        _added(cost.candidate for cost in known),
    )


def _added(parts: Iterable[Spent]) -> Spent:
    known = list(parts)
    return Spent(
        probes=sum(spent.probes for spent in known),
        refused=sum(spent.refused for spent in known),
        retried=sum(spent.retried for spent in known),
        audio_seconds=sum(spent.audio_seconds for spent in known),
        inference_seconds=sum(spent.inference_seconds for spent in known),
    )


def busy_share(spent: Spent, cost: Cost) -> float:
    """Return the share of the walk's time for which probes kept one pod of a side busy."""
    return spent.inference_seconds / cost.seconds if cost.seconds else 0.0


def cost_sentence(cost: Cost) -> str:
    """Say in words what probing took."""
    parts = [
        f"{side} {spent.probes} probes ({spent.refused} refused, {spent.retried} sent again), "
        f"{spent.audio_seconds:.0f} s of audio, {spent.inference_seconds:.1f} s of inference, "
        f"{100 * busy_share(spent, cost):.1f} % of the time of one pod"
        for side, spent in cost.sides
    ]
    return f"Probing took, in {cost.seconds:.0f} s: {'; '.join(parts)}."


class Meter:
    """Adds up what is sent to each pod-template hash since the cost was last taken."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._seconds = 0.0  # up to the last rest
        self._spent: dict[str, Spent] = {}

    def begin(self) -> None:
        """Let the walk's time run, from its first probe and after each rest."""
        if self._since is None:
            self._since = self._clock()

    def rest(self) -> None:
        """Stop it until the next probe: the walk waits for pods, which a baseline's may be for long."""
        if self._since is not None:
            self._seconds, self._since = self._seconds + self._clock() - self._since, None

    def count(
        self, to: str, audio_seconds: float, status: int, inference_ms: float | None, again: bool
    ) -> None:
        """Count one probe to a hash; status 0 where no answer came."""
        spent = self._spent.get(to, Spent())
        self._spent[to] = replace(
            spent,
            probes=spent.probes + 1,
            refused=spent.refused + (status in REFUSALS),
            retried=spent.retried + again,
            audio_seconds=spent.audio_seconds + (audio_seconds if status == 200 else 0),
            inference_seconds=spent.inference_seconds + (inference_ms or 0) / 1000,
        )

    def take(self, candidate: str) -> Cost:
        """Return what was spent since the last time, and begin anew.

        What is not the candidate's hash is stable's: its fresh pods bear hashes of their own.
        """
        now = self._clock()
        seconds = self._seconds + (0.0 if self._since is None else now - self._since)
        stable = _added(spent for to, spent in self._spent.items() if to != candidate)
        cost = Cost(seconds, stable, self._spent.get(candidate, Spent()))
        self._since, self._seconds, self._spent = now, 0.0, {}
        return cost
