"""Shadow: the candidate hears what users say and answers nobody; then a person decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from demo.rollout_watch import HASH_LABEL
from demo.user_load import UserRequest
from demo.waits import wait_for
from tests.e2e.trial import Trial, answered_by, failures
from tests.strategies.clean import is_left_clean
from tests.strategies.conftest import Install
from tests.strategies.counters import answers
from tests.strategies.endings import is_paused_and_aborted, is_taken_back_before_any_user

pytestmark = pytest.mark.timeout(900)

HEARD = 30
# Users whose times are told beside those of the users that a candidate hears too.
ALONE = 120
STEPS = [{"percentage": 50, "minRequests": 8}, {"percentage": 100, "minRequests": HEARD}]
SHADOW = {
    "strategy": {"type": "shadow", "shadow": {"steps": STEPS}},
    # Both versions tell the referee what they heard, so that it can say how far they are apart.
    "events": {"url": "http://rollout-policies-referee.serinus-system.svc/events", "text": True},
    "networkPolicy": {"egressPorts": [8090]},
    "gates": {
        "disagreement": {
            "enabled": True,
            "margin": 0.2,
            "minPairs": 20,
            "intervalSeconds": 3,
            "timeoutSeconds": 180,
        }
    },
}


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    with install("e2e-shadow", **SHADOW) as trial:
        yield trial


def heard_by(trial: Trial, version: str) -> int:
    """Requests of users that the version's pods have counted, answered 200."""
    return answers(trial, f"{HASH_LABEL}={version}")["user", "200"]


def latency_words(requests: Sequence[UserRequest]) -> str:
    """The users' times from due to answered, in milliseconds."""
    took = sorted(request.latency_seconds * 1000 for request in requests)
    quantiles = ", ".join(f"p{q} {took[min(len(took) * q // 100, len(took) - 1)]:.0f}" for q in (50, 95, 99))
    return f"{quantiles} ms of {len(took)}"


def test_good_release_hears_users_answers_none_and_is_promoted_by_a_person(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        name = f"{ALONE} users of stable alone"
        wait_for(name, lambda: True if len(load.requests()) >= ALONE else None, seconds=120)
        alone = list(load.requests())
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        trial.waits_for_a_person(candidate, seconds=420)
        heard = heard_by(trial, candidate)
        mirrored = load.requests()[-heard:]
        while_shadow = answered_by(load.requests(), candidate)
        trial.promote()
        outcome = trial.ends(candidate, seconds=180)

    # then
    trial.say(f"the candidate heard {heard} users and answered {len(while_shadow)}")
    trial.say(f"stable alone: {latency_words(alone)}; with a mirror: {latency_words(mirrored)}")
    assert heard >= HEARD
    assert while_shadow == []
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    assert len(answered_by(load.finished_requests(), stable)) >= HEARD
    is_left_clean(trial, candidate)


def test_release_that_hears_other_words_than_stable_is_taken_back_without_a_label(trial: Trial) -> None:
    # Golden clips are heard well, and of what users say the last second is lost. Short ones lose all their
    # words, which another gate would see first: it is told to look away.
    gates = {"emptyTranscripts": {"enabled": False}}
    faults = {"cut_tail_seconds": 1, "traffic": "user"}
    is_taken_back_before_any_user(trial, {"faults": faults, "gates": gates}, gate="disagreement")


def test_release_that_fails_what_it_hears_is_taken_back_and_costs_no_user_anything(trial: Trial) -> None:
    faults = {"error_ratio": 0.9, "traffic": "user"}
    is_taken_back_before_any_user(trial, {"faults": faults}, gate="errors")


def test_shadow_of_silence_is_paused_and_abort_leaves_it_clean(trial: Trial) -> None:
    gates = {"errors": {"timeoutSeconds": 15}}
    is_paused_and_aborted(trial, {"server": {"queueSeconds": 119}, "gates": gates}, gate="errors")


def test_shadow_may_go_on_as_a_canary_without_a_person(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load, trial.weight_log() as log:
        canary = {
            "shadow": {"then": "canary"},
            "steps": [{"weight": 50, "minRequests": HEARD + 20}],
            "bake": {"minRequests": HEARD + 40},
        }
        candidate = trial.ship({"server": {"queueSeconds": 117}, "strategy": canary})
        outcome = trial.ends(candidate, seconds=480)

    # then
    assert outcome.ending == "promoted"
    assert log.weights()[:3] == [0, 50, 100]
    assert failures(load.finished_requests()) == []
    assert min(len(answered_by(load.finished_requests(), pod)) for pod in (stable, candidate)) >= 20
    is_left_clean(trial, candidate)
