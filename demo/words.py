"""How a moment of a release reads: one line, figures with their units. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from demo.prometheus import Bounds
from demo.rollout_watch import GateRun, RolloutState
from demo.timeline import Moment
from demo.user_load import UserRequest

POINTS = 100.0  # a ratio of 0.01 is one point of word error rate


def elapsed(seconds: float) -> str:
    """Seconds as mm:ss."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


def bounds_words(bounds: Bounds) -> str:
    """What the golden walk has shown of one measure."""
    if bounds.measure == "word_errors":
        low, high = bounds.lower * POINTS, bounds.upper * POINTS
        return f"WER difference {low:+.1f} to {high:+.1f} points ({bounds.pairs} pairs)"
    return f"latency x{bounds.lower:.2f} to x{bounds.upper:.2f} ({bounds.pairs} pairs)"


def gate_words(gate: GateRun | None) -> str:
    """The gate that is at work, and its last figure."""
    if gate is None:
        return "no gate at work"
    figure = "no figure yet" if gate.value is None else f"{gate.value:.4g}"
    return f"gate {gate.gate} {gate.phase.lower() or 'new'}: {figure}"


def state_words(state: RolloutState) -> str:
    """Where the Rollout is."""
    return f"step {state.step}/{state.steps}, weight {state.weight} %, {state.phase or 'not seen yet'}"


def users_words(requests: Sequence[UserRequest], candidate: str) -> str:
    """What users have met so far."""
    failed = sum(request.failed for request in requests)
    by_candidate = sum(request.pod == candidate for request in requests) if candidate else 0
    return f"users {len(requests)}, by the candidate {by_candidate}, failed {failed}"


def moment_line(moment: Moment, requests: Sequence[UserRequest]) -> str:
    """The whole moment in one line."""
    parts = [
        f"{moment.release}: {state_words(moment.state)}",
        gate_words(moment.gate),
        *(bounds_words(bounds) for bounds in moment.bounds),
        users_words(requests, moment.state.candidate),
    ]
    return " | ".join(parts)
