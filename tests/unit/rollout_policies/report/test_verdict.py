"""What became of a release, in a word and a sentence."""

from typing import Any

import pytest

from rollout_policies.report.release import release
from rollout_policies.report.verdict import verdict
from tests.unit.rollout_policies.report.recorded import FAILED, NOON, ROLLED_BACK, at, rollout, run

PASSED = run("accuracy", 2, "Successful", 10, values=["[0.001]"])
SKIPPED = run("errors", 4, "Successful", 50)
UNSURE = run("errors", 4, "Inconclusive", 50, values=["[]"], args={"max-ratio": "0.02"})
PAUSED = rollout(phase="Paused", pauseConditions=[{"reason": "InconclusiveAnalysisRun", "startTime": at(80)}])
BY_HAND = rollout(abort=True, abortedAt=at(9), message="RolloutAborted: Rollout aborted update to revision 7")


@pytest.mark.parametrize(
    ("item", "runs", "ending", "why"),
    [
        (
            ROLLED_BACK,
            [FAILED],
            "rolled back",
            "accuracy Failed at 0.0471 (margin 0.01, min-pairs 50): "
            'Metric "accuracy" assessed Failed due to failed (1) > failureLimit (0)',
        ),
        (BY_HAND, [PASSED], "rolled back", "RolloutAborted: Rollout aborted update to revision 7"),
        (rollout(stableRS="bbb"), [PASSED], "promoted", "1 of 1 gate runs passed"),
        (
            rollout(stableRS="bbb"),
            [PASSED, SKIPPED],
            "promoted",
            "1 of 2 gate runs passed; without a measurement: errors",
        ),
        (
            rollout(stableRS="bbb"),
            [PASSED, UNSURE],
            "promoted",
            "1 of 2 gate runs passed; a person went on past errors (Inconclusive)",
        ),
        (PAUSED, [PASSED, UNSURE], "paused", "errors Inconclusive at no number (max-ratio 0.02)"),
        (
            rollout(phase="Paused", pauseConditions=[{"reason": "CanaryPauseStep", "startTime": at(80)}]),
            [PASSED],
            "paused",
            "it waits for a person (CanaryPauseStep)",
        ),
        (
            rollout(canary={"weights": {"canary": {"weight": 0}}}),
            [run("accuracy", 2, "Running", 10)],
            "under way",
            "step 2 of 5, 0 % of users; at work: accuracy",
        ),
        (
            rollout(phase="Degraded", message="InvalidSpec"),
            [],
            "under way",
            "step 2 of 5; Degraded: InvalidSpec",
        ),
    ],
)
def test_an_ending_names_what_decided(item: Any, runs: list[Any], ending: str, why: str) -> None:
    found = verdict(release(item, runs, []))
    assert (found.ending, found.why) == (ending, why)


def test_a_release_that_another_one_followed_before_it_was_decided_was_replaced() -> None:
    earlier = run("errors", 4, "Inconclusive", 5, revision="6", candidate="zzz", values=["[]"])
    found = verdict(release(ROLLED_BACK, [earlier, FAILED], [], "6"))
    assert (found.ending, found.at) == ("replaced", NOON + 35)
    assert found.why.endswith("its last gate: errors Inconclusive at no number")


def test_an_ending_has_its_time_and_its_gate() -> None:
    found = verdict(release(PAUSED, [PASSED, UNSURE], []))
    assert found.at == NOON + 80
    assert found.gate is not None
    assert found.gate.name == "errors"
