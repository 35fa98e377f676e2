"""What users do with transcripts decides too, where they tell: what only they find bad is taken back."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from demo.user_load import UserLoad
from tests.e2e.trial import Trial, failures
from tests.strategies.clean import is_left_clean
from tests.strategies.conftest import Install
from tests.strategies.endings import is_paused_and_aborted

pytestmark = pytest.mark.timeout(900)

URL = "http://127.0.0.1:30080/v1/feedback"
ENOUGH = 20
VALUES = {
    "strategy": {"steps": [{"weight": 50, "minRequests": 8}], "bake": {"minRequests": 9}},
    "events": {"url": "http://rollout-policies-referee.serinus-system.svc/events"},
    "networkPolicy": {"egressPorts": [8090]},
    "gates": {
        "feedback": {
            "enabled": True,
            "maxExcess": 0.2,
            "minFeedback": ENOUGH,
            "intervalSeconds": 3,
            "timeoutSeconds": 180,
        }
    },
}


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    with install("e2e-feedback", **VALUES) as trial:
        yield trial


@contextmanager
def speaking_up(trial: Trial, load: UserLoad, cross_with: str = "") -> Iterator[list[str]]:
    """While: every user tells what they did with the answer: redid it if this version gave it, or used it."""
    told: list[str] = []
    stop = threading.Event()

    def tell() -> None:
        while not stop.wait(0.5):
            requests = [request for request in load.requests() if not request.failed]
            for request in requests[len(told) :]:
                action = "redone" if request.pod == cross_with else "accepted"
                body = json.dumps({"request_id": request.request_id, "action": action}).encode()
                headers = {"host": trial.host, "content-type": "application/json"}
                urllib.request.urlopen(urllib.request.Request(URL, body, headers), timeout=30).close()
                told.append(action)

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join()


def test_release_whose_answers_users_accept_is_promoted(trial: Trial) -> None:
    # given
    trial.stable()

    # when
    with trial.users() as load, speaking_up(trial, load) as told:
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        outcome = trial.ends(candidate, seconds=480)

    # then
    trial.say(f"users told of {len(told)} answers")
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    is_left_clean(trial, candidate)


def test_release_whose_answers_users_redo_is_taken_back(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when nothing but what users say is wrong with it
    with trial.users() as load:
        candidate = trial.ship({"server": {"queueSeconds": 119}})
        with speaking_up(trial, load, cross_with=candidate) as told:
            outcome = trial.ends(candidate, seconds=480)
        trial.take_back()
        trial.settles()

    # then
    trial.say(f"users told of {len(told)} answers, {told.count('redone')} of them redone")
    assert (outcome.ending, outcome.gate) == ("rolled back", "feedback")
    assert failures(load.finished_requests()) == []
    is_left_clean(trial, stable)


def test_release_that_nobody_tells_of_is_paused(trial: Trial) -> None:
    gates = {"feedback": {"timeoutSeconds": 15}}
    with trial.users() as load:
        values = {"server": {"queueSeconds": 117}, "gates": gates}
        is_paused_and_aborted(trial, values, "feedback", seconds=480)
    assert failures(load.finished_requests()) == []
