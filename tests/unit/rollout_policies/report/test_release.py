"""What is read out of a Rollout, its AnalysisRuns and its Events."""

from typing import Any

import pytest

from rollout_policies.errors import NotFoundError
from rollout_policies.report.gates import measured, own_arguments
from rollout_policies.report.release import release
from tests.unit.rollout_policies.report.recorded import (
    ABORTED,
    FAILED,
    NOON,
    ROLLED_BACK,
    STARTED,
    at,
    event,
    rollout,
    run,
)


def test_a_gate_keeps_its_looks_thresholds_and_times() -> None:
    (gate,) = release(rollout(), [FAILED], []).gates
    assert (gate.name, gate.step, gate.phase, gate.value) == ("accuracy", 2, "Failed", 0.0471)
    assert (gate.began, gate.ended, gate.count) == (NOON + 10, NOON + 40, 2)
    assert gate.arguments["margin"] == "0.01"


def test_a_load_that_runs_dry_is_no_gate() -> None:
    loaded = run("capacity", 4, "Failed", 10, values=["[3600]"])
    loaded["spec"] |= {"dryRun": [{"metricName": "capacity-load"}]}
    loaded["spec"]["metrics"].append({"name": "capacity-load"})
    assert [gate.name for gate in release(rollout(), [loaded], []).gates] == ["capacity"]


def test_gates_that_share_a_run_keep_their_own_arguments() -> None:
    given = {"candidate": "bbb", "errors-max-ratio": "0.02", "errors-watch-max-ratio": "0.1"}
    names = ["errors", "errors-watch"]
    assert own_arguments(given, "errors", names) == {"candidate": "bbb", "max-ratio": "0.02"}
    assert own_arguments(given, "errors-watch", names) == {"candidate": "bbb", "max-ratio": "0.1"}


def test_each_metric_of_a_run_is_a_gate_with_its_own_phase() -> None:
    shared = run("errors", 4, "Failed", 10, values=["[0.3]"])
    shared["spec"]["metrics"].append({"name": "latency"})
    shared["status"]["metricResults"].append({"name": "latency", "phase": "Successful", "count": 0})
    shared["status"]["message"] = 'Metric "errors" assessed Failed'
    found = release(rollout(), [shared], []).gates
    assert [(gate.name, gate.phase, gate.value, gate.message) for gate in found] == [
        ("errors", "Failed", 0.3, 'Metric "errors" assessed Failed'),
        ("latency", "Successful", None, ""),
    ]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("[0.5]", 0.5),
        ("0.25", 0.25),
        ("[]", None),
        ("[NaN]", None),
        ("[1, 2]", None),
        ("", None),
        ("true", None),
    ],
)
def test_only_one_finite_number_is_a_measured_value(value: str, number: float | None) -> None:
    assert measured(value) == number


@pytest.mark.parametrize(
    "other",
    [
        run("errors", 4, "Failed", 5, candidate="ccc"),
        run("errors", 4, "Failed", 5, revision="5"),
        {
            **FAILED,
            "metadata": {**FAILED["metadata"], "ownerReferences": [{"kind": "Rollout", "name": "tts"}]},
        },
    ],
    ids=["another candidate", "the same candidate at an earlier revision", "another Rollout"],
)
def test_runs_of_something_else_are_left_out(other: dict[str, Any]) -> None:
    assert release(rollout(), [other], []).gates == ()


def test_events_from_before_the_update_are_left_out() -> None:
    earlier = event(-50, "RolloutCompleted", "Rollout completed update to revision 6")
    found = release(rollout(), [], [ABORTED, earlier, STARTED])
    assert [moment.reason for moment in found.moments] == ["RolloutUpdated", "RolloutAborted"]


def test_an_event_with_event_time_alone_has_that_time() -> None:
    newer = {"reason": "WalkStarted", "message": "", "lastTimestamp": None, "eventTime": at(3)}
    assert release(rollout(), [], [newer]).moments[0].at == NOON + 3


def test_without_an_event_of_the_update_its_gates_say_when_it_began() -> None:
    """Kubernetes drops Events of a busy object."""
    earlier = event(5, "RolloutAborted", "Rollout aborted update to revision 6")
    walk = event(12, "WalkStarted", "candidate bbb is compared")
    assert [m.reason for m in release(rollout(), [FAILED], [earlier, walk]).moments] == ["WalkStarted"]


SETTLED = rollout(stableRS="aaa", currentPodHash="aaa", phase="Healthy")
SETTLED["metadata"] = {**SETTLED["metadata"], "annotations": {"rollout.argoproj.io/revision": "8"}}


def test_after_a_rollback_the_last_release_that_was_judged_is_shown() -> None:
    back = event(90, "RolloutUpdated", "Rollout updated to revision 8")
    found = release(SETTLED, [FAILED], [STARTED, ABORTED, back])
    assert (found.revision, found.candidate, found.stable) == ("7", "bbb", "aaa")
    assert (found.aborted, found.aborted_at) == (True, NOON + 45)
    assert [m.reason for m in found.moments] == ["RolloutUpdated", "RolloutAborted"]


def test_an_earlier_release_that_others_were_compared_with_was_promoted() -> None:
    first = run("accuracy", 2, "Successful", 0, revision="5", candidate="aaa", values=["[0]"])
    found = release(ROLLED_BACK, [first, FAILED], [], "5")
    assert (found.promoted, found.aborted, found.candidate) == (True, False, "aaa")
    assert found.successor == "the Rollout is now at revision 7, Degraded"


def test_a_revision_nothing_is_known_of_is_refused() -> None:
    with pytest.raises(NotFoundError, match="nothing is known of revision '3'; there are: 7"):
        release(rollout(), [FAILED], [], "3")


def test_what_a_promoted_candidate_was_compared_with_is_known_from_its_gates() -> None:
    found = release(rollout(stableRS="bbb"), [FAILED], [])
    assert (found.stable, found.promoted) == ("aaa", True)


def test_an_abort_has_its_time() -> None:
    found = release(ROLLED_BACK, [], [])
    assert (found.aborted, found.aborted_at) == (True, NOON + 45)


def test_a_rollout_that_has_not_begun_is_a_release_without_anything() -> None:
    found = release(rollout(stableRS=None, currentPodHash=None, phase=None), [], [])
    assert (found.candidate, found.promoted, found.gates) == ("", False, ())
