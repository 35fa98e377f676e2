"""What people do to a canary by hand, and two models of one namespace on trial at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster.commands import kubectl, kubectl_json, run
from cluster.errors import CommandError
from demo import charts
from demo.cluster_reads import Target
from demo.rollout_watch import HASH_LABEL
from demo.ship import wait_until_settled
from demo.waits import wait_for
from tests.e2e.conftest import VALUES
from tests.e2e.trial import Trial, failures
from tests.strategies.clean import is_left_clean
from tests.strategies.conftest import Install

pytestmark = pytest.mark.timeout(900)

NAMESPACE = "e2e-by-hand"


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    # Two pods: Argo replaces one after the other, and a single one would leave nobody to serve meanwhile.
    with install(NAMESPACE, replicas=2) as trial:
        yield trial


def by_hand(trial: Trial, *verb: str) -> None:
    """A verb of `kubectl argo rollouts` on the trial's Rollout."""
    trial.say(f"kubectl argo rollouts {' '.join(verb)}")
    run(["kubectl", "argo", "rollouts", *verb, trial.target.release, "-n", trial.target.namespace])


def test_release_that_a_person_aborts_and_retries_is_promoted(trial: Trial) -> None:
    # given a release with some users
    trial.stable()
    with trial.users() as load:
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        trial.serves_users(candidate, load)

        # when
        trial.abort()
        wait_for("users are stable's", lambda: True if trial.weight_of_users() == 0 else None, seconds=30)
        by_hand(trial, "retry", "rollout")
        outcome = trial.ends(candidate, seconds=420)

    # then
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    is_left_clean(trial, candidate)


def test_restart_replaces_the_pods_and_loses_nobody(trial: Trial) -> None:
    # given
    stable = trial.stable()
    here = ("-n", trial.target.namespace, "-l", f"{HASH_LABEL}={stable}")
    before = {pod["metadata"]["name"] for pod in kubectl_json("get", "pods", *here)["items"]}

    # when
    with trial.users() as load:
        by_hand(trial, "restart")

        def replaced() -> bool | None:
            pods = {pod["metadata"]["name"] for pod in kubectl_json("get", "pods", *here)["items"]}
            return True if pods and not pods & before else None

        wait_for("other pods serve", replaced, seconds=180)

    # then
    assert failures(load.finished_requests()) == []
    assert trial.settles().state.stable == stable


def test_two_models_of_one_namespace_are_judged_each_by_its_own(
    trial: Trial, policies: charts.Images, tmp_path: Path
) -> None:
    # given a second release beside the first
    trial.stable()
    second = Target(namespace=NAMESPACE, release="commands")
    host = "commands.e2e-by-hand.example"
    overlay = tmp_path / "second.yaml"
    overlay.write_text(yaml.safe_dump({"route": {"hosts": [host]}}))
    charts.install_model(second, policies, [VALUES, overlay])
    wait_until_settled(second)
    other = Trial(second, tmp_path, trial.say, host=host)
    others_stable = other.stable()

    # when a good one and a bad one are shipped at once, to no more users and probes than one alone would have
    with trial.users(rate=1.5) as load, other.users(rate=1.5) as others:
        slowly = {"golden": {"probeRate": 1.5}}
        good = trial.ship({"server": {"queueSeconds": 113}, **slowly})
        bad = other.ship({"faults": {"cut_tail_seconds": 1}, **slowly})
        taken_back = other.ends(bad, seconds=420)
        promoted = trial.ends(good, seconds=600)

    # then
    assert (promoted.ending, taken_back.ending, taken_back.gate) == ("promoted", "rolled back", "accuracy")
    assert failures(load.finished_requests()) == failures(others.finished_requests()) == []
    assert {request.pod for request in others.finished_requests()} == {others_stable}


def test_undo_ships_the_version_before_as_a_gated_release(trial: Trial) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() as load:
        by_hand(trial, "undo")
        before = wait_for(
            "the version before is the candidate",
            lambda: found if (found := _current(trial)) != stable else None,
            seconds=60,
        )
        outcome = trial.ends(before, seconds=420)

    # then
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    is_left_clean(trial, before)

    # and Helm, whose field it took, says so instead of taking it back in silence
    with pytest.raises(CommandError, match="conflict"):
        trial.ship({"server": {"queueSeconds": 112}})


def _current(trial: Trial) -> str:
    return kubectl(
        *("get", "rollout", trial.target.release, "-n", trial.target.namespace),
        *("-o", "jsonpath={.status.currentPodHash}"),
    ).strip()
