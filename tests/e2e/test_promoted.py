"""A good release gets all users, and none of them notices."""

from __future__ import annotations

import pytest

from demo.cluster_reads import read
from tests.e2e.trial import Trial, answered_by, failures

pytestmark = pytest.mark.timeout(600)

GATES = {"paired-latency", "accuracy", "errors", "errors-watch", "empty-transcripts", "latency", "throughput"}


def test_good_release_passes_every_gate_and_is_promoted(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load, trial.weight_log() as log:
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        outcome = trial.ends(candidate, seconds=420)

    # then
    assert outcome.ending == "promoted"
    assert log.weights()[:4] == [0, 10, 50, 100]
    assert {run.gate for run in read(trial.target).runs if run.candidate == candidate} == GATES
    assert failures(load.finished_requests()) == []
    assert min(len(answered_by(load.finished_requests(), pod)) for pod in (stable, candidate)) >= 20
