"""Without users there is no evidence, and without evidence a person decides."""

from __future__ import annotations

import pytest

from demo.waits import wait_for
from tests.e2e.trial import Trial

pytestmark = pytest.mark.timeout(600)


def test_canary_without_traffic_is_paused_and_abort_leaves_it_clean(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when nobody speaks
    candidate = trial.ship({"server": {"queueSeconds": 119}, "gates": {"errors": {"timeoutSeconds": 15}}})
    outcome = trial.ends(candidate, seconds=300)

    # then it waits for a person at its first weight
    assert (outcome.ending, outcome.gate) == ("paused", "errors")
    assert trial.weight_of_users() == 10

    # and when the person aborts and takes the values back
    trial.abort()
    wait_for("users are stable's", lambda: True if trial.weight_of_users() == 0 else None, seconds=30)
    trial.take_back()

    # then nothing of it is left
    assert trial.settles().state.stable == stable
