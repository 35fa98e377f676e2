"""A cluster in memory and the report of a release that was rolled back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollout_policies.errors import ClusterError, NotFoundError
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.report.collect import gather
from rollout_policies.report.contents import Report
from rollout_policies.rollouts import Comparison
from rollout_policies.sequential import Alphas
from tests.unit.rollout_policies.report.recorded import (
    ABORTED,
    FAILED,
    NOON,
    ROLLED_BACK,
    STARTED,
    keep_evidence,
)


class Town:
    """A cluster with one Rollout."""

    def __init__(self, rollout: dict[str, Any], runs: list[Any], events: list[Any]) -> None:
        self.item, self.runs, self.happened = rollout, runs, events
        self.outage, self.reads = False, 0

    def rollout(self, namespace: str, name: str) -> dict[str, Any]:
        """Return the Rollout if it is asked for by its name, unless there is an outage."""
        self.reads += 1
        if self.outage:
            raise ClusterError("the Kubernetes API answered 500 on purpose")
        if (namespace, name) != ("speech", "asr"):
            raise NotFoundError(f"the cluster has no Rollout {namespace}/{name}")
        return self.item

    def analysis_runs(self, namespace: str, labels: object) -> list[Any]:
        """Return the runs, whoever asks."""
        return self.runs

    def events(self, namespace: str, rollout: str) -> list[Any]:
        """Return the Events, whoever asks."""
        return self.happened

    def pods(self, comparison: Comparison) -> list[Any]:
        """Return one pod of the stable side; the candidate's are gone."""
        status = {"containerStatuses": [{"name": "predictor", "imageID": "sha256:beef"}]}
        return [
            {
                "metadata": {"name": "asr-1", "labels": {"rollouts-pod-template-hash": comparison.stable}},
                "spec": {"containers": [{"name": "predictor", "image": "serinus/model-server:1"}]},
                "status": status,
            }
        ]


@pytest.fixture
def town() -> Town:
    """A cluster whose release was rolled back by the accuracy gate."""
    return Town(ROLLED_BACK, [FAILED], [STARTED, ABORTED])


@pytest.fixture
def gathered(tmp_path: Path, golden: GoldenSet, town: Town) -> Callable[[], Report]:
    """Return the report of the town as it is when called, with the evidence of its walk."""
    data = tmp_path / "data"
    data.mkdir()
    keep_evidence(data, golden)
    return lambda: gather(town, town.item, data, {"small": golden}, Alphas(), NOON + 60)
