"""What a Rollout object says of a release, and how the release ended."""

from __future__ import annotations

from typing import Any

import pytest

from demo.errors import ObjectError
from demo.rollout_watch import GateRun, RolloutState, gate_run, measured_value, outcome, rollout_state

STABLE, CANDIDATE = "5d4c", "7f9b"


def rollout(**status: Any) -> dict[str, Any]:
    """A Rollout in mid-release, as Argo Rollouts 1.10 writes it."""
    return {
        "kind": "Rollout",
        "metadata": {"name": "asr", "generation": 4},
        "spec": {"strategy": {"canary": {"steps": [{"setWeight": 0}, {"setWeight": 5}, {"setWeight": 50}]}}},
        "status": {
            "observedGeneration": "4",
            "phase": "Progressing",
            "stableRS": STABLE,
            "currentPodHash": CANDIDATE,
            "currentStepIndex": 1,
            "canary": {"weights": {"canary": {"weight": 5, "podTemplateHash": CANDIDATE}}},
            **status,
        },
    }


def run(gate: str, phase: str, candidate: str = CANDIDATE, step: int = 2) -> GateRun:
    return GateRun(f"asr-{candidate}-{step}", gate, candidate, step, phase, "told why", 3, 0.5)


def test_release_in_progress_has_candidate_and_weight() -> None:
    state = rollout_state(rollout())
    assert (state.candidate, state.weight, state.step, state.steps) == (CANDIDATE, 5, 1, 3)
    assert not state.settled


def test_rollout_with_one_version_has_no_candidate_and_no_weight() -> None:
    told = {"weights": {"canary": {"weight": 0, "podTemplateHash": STABLE}}}
    state = rollout_state(rollout(phase="Healthy", currentPodHash=STABLE, canary=told))
    assert (state.candidate, state.weight, state.settled) == ("", 0, True)


def test_rollout_whose_candidate_still_has_users_is_not_settled_however_healthy() -> None:
    """`helm rollback` in mid-rollout: Argo writes this first, then brings the users back."""
    state = rollout_state(rollout(phase="Healthy", currentPodHash=STABLE))
    assert (state.candidate, state.weight, state.settled) == ("", 5, False)


def test_promoted_candidate_is_stable_whatever_weight_is_told_of_it() -> None:
    told = {"weights": {"canary": {"weight": 100, "podTemplateHash": CANDIDATE}}}
    state = rollout_state(rollout(phase="Healthy", stableRS=CANDIDATE, canary=told))
    assert (state.candidate, state.weight, state.settled) == ("", 0, True)


@pytest.mark.parametrize(("active", "weight"), [(STABLE, 0), (CANDIDATE, 100)])
def test_after_blue_greens_switch_the_candidate_has_all_users(active: str, weight: int) -> None:
    state = rollout_state(rollout(blueGreen={"activeSelector": active, "previewSelector": CANDIDATE}))
    assert state.weight == weight


def test_of_several_gates_in_a_run_the_one_that_ended_it_is_told() -> None:
    results = [
        {"name": "errors", "phase": "Successful", "count": 1, "measurements": [{"value": "[0]"}]},
        {"name": "latency", "phase": "Failed", "count": 1, "measurements": [{"value": "[3.5]"}]},
    ]
    told = gate_run(
        {
            "metadata": {"name": "asr-1", "labels": {}},
            "spec": {"metrics": [{"name": "errors"}, {"name": "latency"}]},
            "status": {"phase": "Failed", "metricResults": results},
        }
    )
    assert (told.gate, told.value) == ("latency", 3.5)


def test_a_load_that_runs_dry_is_no_gate() -> None:
    results = [
        {"name": "capacity-load", "phase": "Failed", "dryRun": True},
        {"name": "capacity", "phase": "Failed", "count": 1, "measurements": [{"value": "[3600]"}]},
    ]
    spec = {"metrics": [{"name": "capacity"}, {"name": "capacity-load"}]}
    status = {"phase": "Failed", "metricResults": results}
    assert gate_run({"metadata": {"name": "asr-1"}, "spec": spec, "status": status}).gate == "capacity"


def test_rollout_the_controller_has_not_seen_is_not_settled() -> None:
    state = rollout_state(rollout(phase="Healthy", currentPodHash=STABLE, observedGeneration="3"))
    assert not state.settled


def test_rollout_without_status_is_readable() -> None:
    state = rollout_state({"metadata": {"generation": 1}})
    assert (state.phase, state.stable, state.observed) == ("", "", False)


def test_object_that_is_no_rollout_is_refused() -> None:
    with pytest.raises(ObjectError, match=r"metadata\.generation"):
        rollout_state({"kind": "List"})


def state_of(**status: Any) -> RolloutState:
    return rollout_state(rollout(**status))


ABORTED = {"abort": True, "phase": "Degraded", "canary": {"weights": {"canary": {"weight": 0}}}}
PAUSED = {"phase": "Paused", "pauseConditions": [{"reason": "InconclusiveAnalysisRun"}]}
PROMOTED = {"phase": "Healthy", "stableRS": CANDIDATE}


@pytest.mark.parametrize(
    ("status", "runs", "ended"),
    [
        (PROMOTED, [run("accuracy", "Successful")], ("promoted", "")),
        (
            ABORTED,
            [run("paired-latency", "Successful"), run("accuracy", "Failed")],
            ("rolled back", "accuracy"),
        ),
        (ABORTED, [run("errors", "Error")], ("rolled back", "errors")),
        (ABORTED, [run("errors", "Failed", candidate="older")], ("rolled back", "")),
        (PAUSED, [run("errors", "Inconclusive")], ("paused", "errors")),
    ],
)
def test_ending_and_the_gate_that_decided(
    status: dict[str, Any], runs: list[GateRun], ended: tuple[str, str]
) -> None:
    found = outcome(state_of(**status), runs, CANDIDATE)
    assert found is not None
    assert (found.ending, found.gate) == ended


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"abort": True, "phase": "Degraded"},
        {"phase": "Paused", "pauseConditions": [{"reason": "CanaryPauseStep"}]},
        {"observedGeneration": "3", **PROMOTED},
        {"currentPodHash": "another", "phase": "Progressing"},
    ],
    ids=["in progress", "aborted but users still go there", "paused by a step", "not observed", "replaced"],
)
def test_release_that_has_not_ended_has_no_outcome(status: dict[str, Any]) -> None:
    assert outcome(state_of(**status), [run("accuracy", "Failed")], CANDIDATE) is None


def test_candidate_that_was_stopped_before_is_judged_by_its_latest_run() -> None:
    runs = [run("paired-latency", "Failed", step=2), run("errors", "Failed", step=1)]
    found = outcome(state_of(**ABORTED), runs, CANDIDATE)
    assert found is not None
    assert found.gate == "errors"


def test_gate_run_bears_its_metrics_name_and_last_figure() -> None:
    found = gate_run(
        {
            "metadata": {
                "name": "asr-7f9b-2-3",
                "labels": {"rollouts-pod-template-hash": CANDIDATE, "step-index": "3"},
            },
            "spec": {"metrics": [{"name": "accuracy"}]},
            "status": {
                "phase": "Running",
                "metricResults": [
                    {"name": "accuracy", "count": 7, "measurements": [{"value": "[]"}, {"value": "[0.0125]"}]}
                ],
            },
        }
    )
    assert (found.gate, found.candidate, found.step) == ("accuracy", CANDIDATE, 3)
    assert (found.value, found.measurements) == (0.0125, 7)


def test_gate_run_that_has_not_begun_has_no_figure() -> None:
    found = gate_run({"metadata": {"name": "x"}, "spec": {"metrics": [{"name": "errors"}]}})
    assert (found.value, found.measurements, found.phase) == (None, 0, "")


@pytest.mark.parametrize(
    ("text", "value"),
    [("[0.5]", 0.5), ("0.25", 0.25), ("[]", None), ("", None), ("[1,2]", None), ("[NaN]", None)],
)
def test_measured_value_is_one_number_or_none(text: str, value: float | None) -> None:
    assert measured_value(text) == value
