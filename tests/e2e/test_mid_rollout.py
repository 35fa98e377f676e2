"""Helm in mid-rollout, with Helm 4's defaults: no command moves users beyond their candidate's weight."""

from __future__ import annotations

import pytest

from tests.e2e.trial import Trial, answered_by, failures

pytestmark = pytest.mark.timeout(900)

# Held at its first weight: more requests than the test sends are asked for.
HELD = {"strategy": {"steps": [{"weight": 10, "minRequests": 100_000}], "bake": {"enabled": False}}}
STEPS = {
    "strategy": {
        "steps": [{"weight": 10, "minRequests": 8}, {"weight": 50, "minRequests": 20}],
        "bake": {"enabled": True},
    }
}


def test_helm_rollback_and_a_second_upgrade_in_mid_rollout_keep_users_where_they_are(trial: Trial) -> None:
    # given
    stable = trial.stable()

    with trial.users() as load, trial.weight_log() as log:
        # when a release has some users and is taken back
        first = trial.ship({**HELD, "server": {"queueSeconds": 117}})
        trial.serves_users(first, load)
        trial.take_back()
        # then stable has all of them again
        assert trial.settles().state.stable == stable
        assert trial.weight_of_users() == 0

        # when another has some users and a third replaces it
        second = trial.ship({**HELD, "server": {"queueSeconds": 116}})
        trial.serves_users(second, load)
        third = trial.ship({**STEPS, "server": {"queueSeconds": 115}})
        outcome = trial.ends(third, seconds=420)

    # then nobody failed, and nobody met the third before its gates let it
    requests = load.finished_requests()
    assert outcome.ending == "promoted"
    assert failures(requests) == []
    assert log.weights()[:7] == [0, 10, 0, 10, 0, 10, 50]
    given_users = log.changes[5][0]
    assert [request for request in answered_by(requests, third) if request.t < given_users - 1] == []
