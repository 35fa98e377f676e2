"""Reads what Argo Rollouts says of a release: state, gates and outcome. Pure: parsed JSON in, records out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from demo.errors import ObjectError

HASH_LABEL = "rollouts-pod-template-hash"
STEP_LABEL = "step-index"
INCONCLUSIVE = "InconclusiveAnalysisRun"
# An Error (the gate could not measure) aborts a Rollout as a failure does.
STOPPING = ("Failed", "Error")

Ending = Literal["promoted", "rolled back", "paused"]


@dataclass(frozen=True)
class RolloutState:
    """A Rollout at one moment; `weight` is the percentage of users that the candidate gets."""

    phase: str
    message: str
    aborted: bool
    step: int
    steps: int
    weight: int
    stable: str
    current: str
    pause_reasons: tuple[str, ...]
    observed: bool

    @property
    def candidate(self) -> str:
        """The pod-template hash on trial, "" while nothing is."""
        return self.current if self.current != self.stable else ""

    @property
    def settled(self) -> bool:
        """Whether one version serves everybody and nothing is on trial."""
        # Argo calls a release that `helm rollback` took back Healthy a moment before it tells the gateway.
        one_version = bool(self.stable) and not self.candidate and self.weight == 0
        return self.observed and self.phase == "Healthy" and one_version

    def __str__(self) -> str:
        trial = f"candidate {self.candidate}" if self.candidate else "no candidate"
        step = f"step {self.step}/{self.steps}, weight {self.weight} %"
        words = f"{self.phase}, {step}, {trial}, stable {self.stable}"
        return f"{words}: {self.message}" if self.message else words


@dataclass(frozen=True)
class GateRun:
    """One AnalysisRun: which gate, of which candidate, at which step, and how it stands."""

    name: str
    gate: str
    candidate: str
    step: int
    phase: str
    message: str
    measurements: int
    value: float | None


@dataclass(frozen=True)
class Outcome:
    """How a release ended, and the gate that decided ("" where none did)."""

    ending: Ending
    gate: str
    message: str


def rollout_state(rollout: Mapping[str, Any]) -> RolloutState:
    """The state in a Rollout object; an object that the controller has not seen yet has phase ""."""
    try:
        generation = rollout["metadata"]["generation"]
    except KeyError as error:
        raise ObjectError(f"a Rollout must have metadata.generation, not only {sorted(rollout)}") from error
    status = rollout.get("status", {})
    steps = rollout.get("spec", {}).get("strategy", {}).get("canary", {}).get("steps") or []
    stable, current = status.get("stableRS", ""), status.get("currentPodHash", "")
    return RolloutState(
        phase=status.get("phase", ""),
        message=status.get("message", ""),
        aborted=bool(status.get("abort", False)),
        step=int(status.get("currentStepIndex", 0)),
        steps=len(steps),
        weight=_candidates_users(status),
        stable=stable,
        current=current,
        pause_reasons=tuple(pause["reason"] for pause in status.get("pauseConditions") or ()),
        observed=str(status.get("observedGeneration", "")) == str(generation),
    )


def _candidates_users(status: Mapping[str, Any]) -> int:
    """Users in percent of another version than stable: by weight, or all once blue-green has switched."""
    stable = status.get("stableRS", "")
    if status.get("blueGreen"):
        active = status["blueGreen"].get("activeSelector")
        return 100 if active == status.get("currentPodHash") != stable else 0
    canary = (status.get("canary", {}).get("weights") or {}).get("canary", {})
    return 0 if canary.get("podTemplateHash") == stable else int(canary.get("weight", 0))


def gate_run(run: Mapping[str, Any]) -> GateRun:
    """The record of an AnalysisRun: of its gate, or of several the one that ended it as it ended.

    What runs dry beside them, a load, is no gate.
    """
    metadata, status = run["metadata"], run.get("status", {})
    labels = metadata.get("labels", {})
    results = [result for result in status.get("metricResults", ()) if not result.get("dryRun")]
    deciding = [result["name"] for result in results if result.get("phase") == status.get("phase")]
    gate = deciding[0] if deciding else run["spec"]["metrics"][0]["name"]
    results = [result for result in results if result["name"] == gate]
    measurements = results[0].get("measurements", ()) if results else ()
    return GateRun(
        name=metadata["name"],
        gate=gate,
        candidate=labels.get(HASH_LABEL, ""),
        step=int(labels.get(STEP_LABEL, -1)),
        phase=status.get("phase", ""),
        message=status.get("message", "") or (results[0].get("message", "") if results else ""),
        measurements=int(results[0].get("count", len(measurements))) if results else 0,
        value=measured_value(measurements[-1].get("value", "")) if measurements else None,
    )


def measured_value(text: str) -> float | None:
    """The number in what the Prometheus provider reports: "[0.5]" or "0.5"; None for an empty result."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def outcome(state: RolloutState, runs: Sequence[GateRun], candidate: str) -> Outcome | None:
    """How the release of this candidate ended; None while it is under way or was replaced by another.

    `runs` are in the order in which they began.
    """
    own = [run for run in runs if run.candidate == candidate]
    if not state.observed or state.current != candidate:
        return None
    if state.settled:
        return Outcome("promoted", "", state.message)
    if state.aborted and state.weight == 0:
        return _decided("rolled back", own, STOPPING, state.message)
    if INCONCLUSIVE in state.pause_reasons:
        return _decided("paused", own, ("Inconclusive",), state.message)
    return None


def _decided(ending: Ending, runs: Sequence[GateRun], phases: Sequence[str], message: str) -> Outcome:
    deciding = [run for run in runs if run.phase in phases]
    if not deciding:
        return Outcome(ending, "", message)
    return Outcome(ending, deciding[-1].gate, deciding[-1].message or message)
