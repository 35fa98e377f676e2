"""Blue-green: judged on the preview, all users at once, judged again, and back within seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.waits import wait_for
from tests.e2e.trial import Trial, answered_by, failures
from tests.strategies.clean import is_left_clean
from tests.strategies.conftest import Install
from tests.strategies.endings import is_paused_and_aborted, is_taken_back_before_any_user

pytestmark = pytest.mark.timeout(900)

LIVE_GATES = ("errors", "emptyTranscripts", "throughput", "latency")
VALUES = {
    "strategy": {"type": "blueGreen", "blueGreen": {"minRequests": 20, "keepSeconds": 90}},
    # Below keepSeconds, which tests wait for where they ask whether nothing of the old version is left.
    "gates": {
        **{gate: {"timeoutSeconds": 60} for gate in LIVE_GATES},
        # A load that one pod of these tests bears with ease.
        "capacity": {"enabled": True, "rate": 2, "seconds": 20, "timeoutSeconds": 180},
    },
}
# From the verdict to the last answer of the version taken back: a look of Argo, a route, what is in hand.
RETURN_SECONDS = 15.0


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    with install("e2e-blue-green", **VALUES) as trial:
        yield trial


def test_good_release_is_switched_to_and_promoted(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        outcome = trial.ends(candidate, seconds=420)

    # then
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    assert min(len(answered_by(load.finished_requests(), pod)) for pod in (stable, candidate)) >= 20
    trial.say(f"{len(load.finished_requests())} users, none failed")


def test_release_that_golden_clips_prove_worse_meets_no_user(trial: Trial) -> None:
    is_taken_back_before_any_user(trial, {"faults": {"cut_tail_seconds": 1}}, gate="accuracy")


def test_release_that_cannot_bear_its_load_meets_no_user(trial: Trial) -> None:
    # 2 s for each of 2 requests a second: golden clips, one after the other, do not see it.
    faults, gates = {"inference_delay_seconds": 2}, {"pairedLatency": {"enabled": False}}
    is_taken_back_before_any_user(trial, {"faults": faults, "gates": gates}, gate="capacity")


def test_release_that_only_users_find_bad_is_switched_back_within_seconds(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        candidate = trial.ship({"faults": {"error_ratio": 0.9, "traffic": "user"}})
        outcome = trial.ends(candidate, seconds=300)
        back_at = max(request.t for request in load.requests())
        sent = len(load.requests())
        wait_for("40 more users", lambda: True if len(load.requests()) >= sent + 40 else None, seconds=60)
        trial.take_back()
        trial.settles()

    # then nobody failed but by the candidate's own answers, and soon nobody at all
    requests = load.finished_requests()
    assert (outcome.ending, outcome.gate) == ("rolled back", "errors")
    assert failures(requests, but_by=candidate) == []
    late = [request.t - back_at for request in answered_by(requests, candidate)]
    trial.say(f"the last user of the version taken back came {max(late):.1f} s after it was seen aborted")
    assert max(late) < RETURN_SECONDS
    is_left_clean(trial, stable)


def test_switch_that_nobody_speaks_after_is_paused_and_abort_leaves_it_clean(trial: Trial) -> None:
    # Longer than Argo waits for pods: gates that wait are no candidate that makes no progress.
    gates = {gate: {"timeoutSeconds": 180} for gate in LIVE_GATES}
    strategy = {"progressDeadlineSeconds": 130, "blueGreen": {"keepSeconds": 240}}
    values = {"server": {"queueSeconds": 119}, "gates": gates, "strategy": strategy}
    is_paused_and_aborted(trial, values, seconds=600)
