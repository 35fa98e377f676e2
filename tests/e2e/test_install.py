"""A first install: there is nothing to compare it with, so no gate runs; `helm test` is its gate."""

from __future__ import annotations

import pytest

from cluster.commands import helm
from demo.cluster_reads import read
from demo.waits import wait_for
from tests.e2e.trial import Trial, answered_by, failures

pytestmark = pytest.mark.timeout(600)


def test_first_install_is_ungated_and_helm_test_passes(trial: Trial) -> None:
    # given a release that was just installed
    seen = read(trial.target)
    assert seen.runs == ()
    assert seen.state.settled

    # when its own test runs
    told = helm("test", trial.target.release, "-n", trial.target.namespace, "--timeout", "180s")

    # then it transcribed the model's clip
    assert "Succeeded" in told


def test_users_reach_the_stable_version_through_the_gateway(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        wait_for("20 users are answered", lambda: True if len(load.requests()) >= 20 else None, seconds=60)

    # then
    assert failures(load.finished_requests()) == []
    assert len(answered_by(load.finished_requests(), stable)) == len(load.finished_requests())
