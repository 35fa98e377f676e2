"""Bad releases are taken back by the gate that is there for them, and cost no user more than they must."""

from __future__ import annotations

import pytest

from tests.e2e.trial import Trial, answered_by, failures

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize(
    ("faults", "gate"),
    [
        ({"cut_tail_seconds": 1}, "accuracy"),
        ({"inference_slowdown": 6}, "paired-latency"),
    ],
    ids=["words damaged", "slow"],
)
def test_release_that_golden_clips_prove_worse_meets_no_user(
    trial: Trial, faults: dict[str, float], gate: str
) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        candidate = trial.ship({"faults": faults})
        outcome = trial.ends(candidate, seconds=300)
        trial.take_back()
        settled = trial.settles()

    # then
    assert (outcome.ending, outcome.gate) == ("rolled back", gate)
    assert failures(load.finished_requests()) == []
    assert answered_by(load.finished_requests(), candidate) == []
    assert (settled.state.stable, trial.weight_of_users()) == (stable, 0)


def test_release_that_answers_users_with_errors_is_stopped_at_its_first_weight(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when golden clips are answered well, and users are not
    with trial.users() as load, trial.weight_log() as log:
        candidate = trial.ship({"faults": {"error_ratio": 0.5, "traffic": "user"}})
        outcome = trial.ends(candidate, seconds=300)
        trial.take_back()
        settled = trial.settles()

    # then only the candidate's own answers failed
    assert (outcome.ending, outcome.gate) == ("rolled back", "errors")
    assert log.weights() == [0, 10, 0]
    assert failures(load.finished_requests(), but_by=candidate) == []
    assert settled.state.stable == stable
