"""A canary by the number of pods, for want of a router: the same gates, the same endings, coarser weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from cluster.commands import kubectl
from tests.e2e.trial import Trial, answered_by, failures
from tests.strategies.conftest import Install

pytestmark = pytest.mark.timeout(900)

NAMESPACE = "e2e-no-router"
STRATEGY = {"router": "none", "steps": [{"weight": 50, "minRequests": 10}]}


def ingress(namespace: str, host: str) -> dict[str, object]:
    """Somebody's own way in to the one Service: knows nothing of versions or weights."""
    destination = {"host": f"asr.{namespace}.svc.cluster.local", "port": {"number": 80}}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "users", "namespace": namespace},
        "spec": {
            "hosts": [host],
            "gateways": ["istio-ingress/serinus"],
            "http": [
                {
                    "route": [{"destination": destination}],
                    "retries": {
                        "attempts": 2,
                        "retryOn": "connect-failure,refused-stream,reset-before-request",
                    },
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    with install(NAMESPACE, strategy=STRATEGY, replicas=2) as trial:
        way_in = trial.folder / "ingress.yaml"
        way_in.write_text(yaml.safe_dump(ingress(NAMESPACE, trial.host)))
        kubectl("apply", "-f", str(way_in))
        yield trial


def test_good_release_gets_users_pod_by_pod_and_is_promoted(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        outcome = trial.ends(candidate, seconds=420)

    # then
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    assert min(len(answered_by(load.finished_requests(), pod)) for pod in (stable, candidate)) >= 10


def test_release_that_fails_users_is_taken_back(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        candidate = trial.ship({"faults": {"error_ratio": 0.9, "traffic": "user"}})
        outcome = trial.ends(candidate, seconds=300)
        trial.take_back()
        settled = trial.settles()

    # then
    # The same query looks in the background too, and may be the first to see it.
    assert (outcome.ending, outcome.gate.removesuffix("-watch")) == ("rolled back", "pod-errors")
    assert failures(load.finished_requests(), but_by=candidate) == []
    assert settled.state.stable == stable


def test_release_that_nobody_speaks_to_is_paused(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    candidate = trial.ship({"server": {"queueSeconds": 119}, "gates": {"errors": {"timeoutSeconds": 15}}})
    outcome = trial.ends(candidate, seconds=300)

    # then
    assert (outcome.ending, outcome.gate) == ("paused", "pod-errors")
    trial.abort()
    trial.take_back()
    assert trial.settles().state.stable == stable
