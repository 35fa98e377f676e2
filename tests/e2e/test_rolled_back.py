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


# Faults that golden clips do not meet, so that only a live gate can see them: 9 of 10 answers are errors; or
# every answer is right and 2 s late (which the throughput gate sees too: it is told to look away).
ERRORS = {"faults": {"error_ratio": 0.9, "traffic": "user"}}
DELAYS = {
    "faults": {"inference_delay_seconds": 2, "traffic": "user"},
    "gates": {"latency": {"maxSeconds": 1.5}, "throughput": {"minAudioSecondsPerInferenceSecond": 0.1}},
}


@pytest.mark.parametrize(
    ("values", "gate"), [(ERRORS, "errors"), (DELAYS, "latency")], ids=["errors", "delays"]
)
def test_release_that_only_users_find_bad_is_stopped_at_its_first_weight(
    trial: Trial, values: dict[str, dict[str, object]], gate: str
) -> None:
    # given
    stable = trial.stable()

    # when golden clips are answered well, and users are not
    with trial.users() as load, trial.weight_log() as log:
        candidate = trial.ship(values)
        outcome = trial.ends(candidate, seconds=300)
        trial.take_back()
        settled = trial.settles()

    # then nobody failed but by the candidate's own answers
    # The same query looks in the background too, and may be the first to see it.
    assert (outcome.ending, outcome.gate.removesuffix("-watch")) == ("rolled back", gate)
    assert log.weights() == [0, 10, 0]
    assert failures(load.finished_requests(), but_by=candidate) == []
    assert settled.state.stable == stable
