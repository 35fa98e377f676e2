"""Says in one sentence what became of a release and which gate decided; pure: knows nothing of pages."""

from dataclasses import dataclass
from typing import Literal

from rollout_policies.report.gates import Gate
from rollout_policies.report.release import Release
from rollout_policies.report.weights import finished

Ending = Literal["promoted", "rolled back", "paused", "under way", "replaced"]
STOPPING = ("Failed", "Error")


@dataclass(frozen=True)
class Verdict:
    """How a release stands, since when (None: unknown), which gate decided (None: none did), and why."""

    ending: Ending
    at: float | None
    gate: Gate | None
    why: str


def verdict(release: Release) -> Verdict:
    """Return how a release ended or stands."""
    if release.aborted:
        gate = _last(release, *STOPPING)
        why = gate_words(gate) if gate else release.message or "a person aborted it"
        return Verdict("rolled back", release.aborted_at, gate, why)
    if release.promoted:
        return Verdict("promoted", finished(release), None, _promotion(release))
    if release.pause_reasons:
        undecided = "InconclusiveAnalysisRun" in release.pause_reasons
        gate = _last(release, "Inconclusive") if undecided else None
        why = gate_words(gate) if gate else f"it waits for a person ({', '.join(release.pause_reasons)})"
        return Verdict("paused", release.paused_at, gate, why)
    if release.successor:
        gate = release.gates[-1]
        why = f"another release came before this one was decided; its last gate: {gate_words(gate)}"
        return Verdict("replaced", finished(release), gate, why)
    return Verdict("under way", None, None, _progress(release))


def gate_words(gate: Gate) -> str:
    """Say how a gate ended, at which number, against which thresholds."""
    number = "no number" if gate.value is None else f"{gate.value:.4g}"
    parts = [f"{gate.name} {gate.phase} at {number}"]
    asked = thresholds(gate)
    if asked:
        parts.append(f"({asked})")
    return " ".join(parts) + (f": {gate.message}" if gate.message else "")


# What a gate is told besides its thresholds (charts/rollout-policies).
NO_THRESHOLDS = frozenset(
    {
        "namespace",
        "rollout",
        "stable",
        "candidate",
        "interval",
        "count",
        "inconclusive-limit",
        "initial-delay",
    }
)


def thresholds(gate: Gate) -> str:
    """Return a gate's thresholds as it was given them."""
    return ", ".join(f"{k} {v}" for k, v in gate.arguments.items() if k not in NO_THRESHOLDS)


def _promotion(release: Release) -> str:
    gates = release.gates
    if not gates:
        return "no gate of it is known to this cluster (the first version has none; old runs are deleted)"
    passed = [gate for gate in gates if gate.phase == "Successful" and gate.value is not None]
    words = [f"{len(passed)} of {len(gates)} gate runs passed"]
    # Argo calls a run Successful that ended before it measured anything: somebody promoted past it.
    unmeasured = [gate.name for gate in gates if gate.phase == "Successful" and gate.value is None]
    if unmeasured:
        words.append(f"without a measurement: {', '.join(unmeasured)}")
    other = [f"{gate.name} ({gate.phase})" for gate in gates if gate.phase != "Successful"]
    if other:
        words.append(f"a person went on past {', '.join(other)}")
    return "; ".join(words)


def _progress(release: Release) -> str:
    running = [gate.name for gate in release.gates if gate.phase in ("Pending", "Running")]
    at = f"step {release.step} of {len(release.steps)}" if release.step is not None else release.phase
    weight = "" if release.weight is None else f", {release.weight} % of users"
    trouble = f"; {release.phase}: {release.message}" if release.phase == "Degraded" else ""
    return f"{at}{weight}" + (f"; at work: {', '.join(running)}" if running else "") + trouble


def _last(release: Release, *phases: str) -> Gate | None:
    return next((gate for gate in reversed(release.gates) if gate.phase in phases), None)
