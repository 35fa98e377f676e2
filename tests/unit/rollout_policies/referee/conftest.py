"""A cluster in memory with one Rollout, its predictors over real HTTP, and the referee that watches it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rollout_policies import runner
from rollout_policies.errors import ClusterError
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.probe import ProbeLimits
from rollout_policies.referee import Referee, RefereeOptions
from rollout_policies.rollouts import Comparison
from tests.unit.rollout_policies.scripted_predictor import (
    Said,
    ScriptedPredictor,
    StartPredictor,
    say_label,
)

NOBODY_READY = "waiting for a ready pod of each side"


def until(what: str, holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds, or fail by its name."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        pause.wait(0.01)


@dataclass
class Town:
    """A cluster of one Rollout, its pods and the Events recorded on it."""

    predictors: Sequence[ScriptedPredictor]
    status: dict[str, Any]
    annotations: dict[str, str]
    ready: str = "True"
    experiment: str = ""
    events: list[tuple[str, str]] = field(default_factory=list)
    failures: int = 0

    def rollouts(self) -> list[dict[str, Any]]:
        """Return the Rollout, unless an outage was asked for."""
        if self.failures:
            self.failures -= 1
            raise ClusterError("the Kubernetes API answered 500 on purpose")
        metadata = {"namespace": "speech", "name": "asr", "uid": "u", "annotations": self.annotations}
        return [{"metadata": metadata, "spec": {}, "status": self.status}]

    def pods(self, comparison: Comparison) -> list[dict[str, Any]]:
        """Return a pod for each predictor; the first is an Experiment's once one was asked for."""
        pods: list[dict[str, Any]] = [
            {
                "metadata": {
                    "name": f"asr-{predictor.pod_template_hash}",
                    "labels": {"rollouts-pod-template-hash": predictor.pod_template_hash},
                },
                "status": {
                    "podIP": predictor.address,
                    "conditions": [{"type": "Ready", "status": self.ready}],
                },
            }
            for predictor in self.predictors
        ]
        if self.experiment:
            pods[0]["metadata"]["labels"]["serinus.dev/baseline"] = "true"
            pods[0]["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": self.experiment}]
        return pods

    def announce(self, comparison: Comparison, reason: str, message: str, warning: bool) -> None:
        """Keep the Event."""
        self.events.append((reason, message))


BuildTown = Callable[..., Town]


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "PAUSE_SECONDS", 0.02)


@pytest.fixture
def town(start_predictor: StartPredictor) -> BuildTown:
    """Build a town whose candidate and stable pods answer as told."""

    def build(candidate: Callable[[bytes], Said], stable: Callable[[bytes], Said] = say_label) -> Town:
        # One port on two loopback addresses, as pods have.
        first = start_predictor("aaa", stable, "127.0.0.2")
        second = start_predictor("bbb", candidate, "127.0.0.3", first.port)
        annotations = {
            "rollout.argoproj.io/revision": "7",
            "serinus.dev/golden-set": "small",
            "serinus.dev/probe-port": str(first.port),
            "serinus.dev/probe-rate": "50",
        }
        return Town((first, second), {"stableRS": "aaa", "currentPodHash": "bbb"}, annotations)

    return build


StartReferee = Callable[[Town], Referee]


@pytest.fixture
def referee(golden: GoldenSet, tmp_path: Path) -> Iterator[StartReferee]:
    """Make a referee that keeps its evidence in the test's directory and ended walks for no time."""
    made: list[Referee] = []

    def make(town: Town) -> Referee:
        options = RefereeOptions(
            tmp_path,
            limits=ProbeLimits(attempts=2, timeout_seconds=5),
            look_seconds=0.02,
            keep_ended_seconds=0,
        )
        made.append(Referee(town, {"small": golden}, options))
        return made[-1]

    yield make
    for one in made:
        stopped = threading.Event()
        stopped.set()
        one.run(stopped)


def doing(referee: Referee) -> list[str]:
    return [view.doing for view in referee.views()]
