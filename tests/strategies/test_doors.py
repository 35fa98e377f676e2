"""Before the first user: a person is asked for, and testers who know the value meet the candidate."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest

from demo import charts
from demo.waits import wait_for
from tests.e2e.trial import Trial, answered_by, failures
from tests.strategies.clean import is_left_clean
from tests.strategies.conftest import Install
from tests.strategies.endings import meets_no_user

pytestmark = pytest.mark.timeout(900)

URL = "http://127.0.0.1:30080/v1/models/asr:predict"
TESTER, POD = "x-serinus-candidate", "x-serinus-pod-template-hash"
VALUE = "sesame-123"
TRIES = 20
VALUES = {"strategy": {"pauseBeforeUsers": True, "testers": {"value": VALUE}}}


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    with install("e2e-doors", **VALUES) as trial:
        yield trial


def answering(trial: Trial, value: str) -> str:
    """Which version answers who sends this value in the testers' header."""
    (clip,) = charts.golden_audio().rglob("activated.wav")
    headers = {"host": trial.host, "content-type": "audio/wav", TESTER: value}
    request = urllib.request.Request(URL, data=clip.read_bytes(), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.headers[POD])


def test_testers_meet_the_candidate_while_users_wait_for_a_person(trial: Trial) -> None:
    # given
    stable = trial.stable()
    assert answering(trial, VALUE) == stable

    # when
    with trial.users() as load:
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        trial.waits_for_a_person(candidate, seconds=300)

        # then whoever knows the value meets the candidate, and nobody else
        name = "the testers' route has reached the gateway"
        wait_for(name, lambda: True if answering(trial, VALUE) == candidate else None, seconds=60)
        assert {answering(trial, VALUE) for _ in range(TRIES)} == {candidate}
        assert {answering(trial, guess) for guess in ("true", "sesame-12", VALUE.upper())} == {stable}
        assert answered_by(load.requests(), candidate) == []

        # when the person lets users in
        trial.promote()
        outcome = trial.ends(candidate, seconds=420)

    # then
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    is_left_clean(trial, candidate)


def test_release_that_the_person_turns_away_leaves_no_door_open(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        candidate = trial.ship({"server": {"queueSeconds": 119}})
        trial.waits_for_a_person(candidate, seconds=300)
        trial.abort()
        trial.take_back()
        trial.settles()

    # then
    assert {answering(trial, VALUE) for _ in range(TRIES)} == {stable}
    meets_no_user(trial, load, candidate, stable)
