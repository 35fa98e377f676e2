"""Reads Rollouts, their gates and their weights from the cluster. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.commands import kubectl_json
from demo.rollout_watch import GateRun, RolloutState, gate_run, rollout_state


@dataclass(frozen=True)
class Target:
    """One release: its Helm name, which all its objects bear, and its namespace."""

    namespace: str
    release: str


@dataclass(frozen=True)
class Seen:
    """A Rollout and its gates, read at one moment; gates in the order they began."""

    state: RolloutState
    runs: tuple[GateRun, ...]

    def __str__(self) -> str:
        gates = ", ".join(f"{run.gate} at step {run.step} {run.phase or 'new'}" for run in self.runs[-3:])
        return f"{self.state}; gates: {gates or 'none'}"


def read(target: Target) -> Seen:
    """The Rollout and the AnalysisRuns it owns."""
    found = kubectl_json("get", "rollouts,analysisruns", "-n", target.namespace)["items"]
    rollouts = [
        item for item in found if item["kind"] == "Rollout" and item["metadata"]["name"] == target.release
    ]
    if not rollouts:
        return Seen(rollout_state({"metadata": {"generation": -1}}), ())
    runs = [item for item in found if item["kind"] == "AnalysisRun" and _owned(item, target.release)]
    runs.sort(key=lambda item: (item["metadata"]["creationTimestamp"], item["metadata"]["name"]))
    return Seen(rollout_state(rollouts[0]), tuple(gate_run(run) for run in runs))


def _owned(run: dict[str, dict[str, list[dict[str, str]]]], rollout: str) -> bool:
    owners = run["metadata"].get("ownerReferences", [])
    return any(owner["kind"] == "Rollout" and owner["name"] == rollout for owner in owners)
