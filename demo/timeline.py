"""What was seen while releases went by: the material of the screen, the table and the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from demo.prometheus import Bounds
from demo.rollout_watch import GateRun, Outcome, RolloutState
from demo.user_load import UserRequest


@dataclass(frozen=True)
class Moment:
    """One look at a release, `t` in epoch seconds."""

    t: float
    release: str
    state: RolloutState
    gate: GateRun | None
    bounds: tuple[Bounds, ...]


@dataclass(frozen=True)
class ShippedRelease:
    """A release from its `helm upgrade` to its end; times in epoch seconds."""

    name: str
    strategy: str
    candidate: str
    began: float
    ended: float
    outcome: Outcome

    @property
    def seconds(self) -> float:
        """How long it took to decide."""
        return self.ended - self.began

    def requests_to_candidate(self, requests: Sequence[UserRequest]) -> int:
        """How many users the candidate answered while it was one: until its promotion, or else ever."""
        promoted = self.outcome.ending == "promoted"
        answered = [request for request in requests if request.pod == self.candidate]
        return sum(not promoted or request.t <= self.ended for request in answered)


@dataclass
class Timeline:
    """All that happened, from `began` (epoch seconds) on."""

    began: float
    moments: list[Moment] = field(default_factory=list)
    shipped: list[ShippedRelease] = field(default_factory=list)
