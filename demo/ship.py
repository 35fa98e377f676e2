"""Ships one release and follows it to its end: the loop that demonstration and end-to-end tests share."""

from __future__ import annotations

import time
from collections.abc import Callable

from demo.cluster_reads import Seen, Target, read
from demo.rollout_watch import GateRun, Outcome, outcome
from demo.waits import wait_for

CANDIDATE_SECONDS = 90.0
SETTLE_SECONDS = 240.0


def wait_until_settled(target: Target, *, seconds: float = SETTLE_SECONDS) -> Seen:
    """Wait until one version serves everybody and nothing is on trial."""
    latest = Latest(target)
    return wait_for(
        f"rollout {target.release} serves one version to everybody",
        lambda: seen if (seen := latest.look()).state.settled else None,
        seconds=seconds,
        last_seen=latest.words,
    )


def wait_for_candidate(target: Target, before: str, *, seconds: float = CANDIDATE_SECONDS) -> str:
    """Wait until the Rollout has a pod-template hash other than the one before, and return it."""
    latest = Latest(target)

    def look() -> str | None:
        state = latest.look().state
        return state.current if state.observed and state.current != before else None

    return wait_for(
        f"rollout {target.release} has a candidate", look, seconds=seconds, last_seen=latest.words
    )


def wait_for_end(
    target: Target,
    candidate: str,
    *,
    seconds: float,
    on_look: Callable[[Seen], None] = lambda _: None,
) -> Outcome:
    """Wait until the candidate's release has ended, and tell how; `on_look` gets every look at it."""
    latest = Latest(target)

    def look() -> Outcome | None:
        seen = latest.look()
        on_look(seen)
        return outcome(seen.state, seen.runs, candidate)

    return wait_for(
        f"the release of candidate {candidate} ends", look, seconds=seconds, last_seen=latest.words
    )


def gate_at_work(seen: Seen) -> GateRun | None:
    """The candidate's latest gate."""
    own = [run for run in seen.runs if run.candidate == seen.state.current and seen.state.candidate]
    return own[-1] if own else None


class Latest:
    """Looks at a target and remembers what it saw, for the words of a wait that failed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._seen: Seen | None = None

    def look(self) -> Seen:
        """Read it anew."""
        self._seen = read(self._target)
        return self._seen

    def words(self) -> str:
        """What was seen last."""
        return f"{self._seen} at {time.strftime('%H:%M:%S')}" if self._seen else ""
