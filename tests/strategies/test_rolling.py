"""Rolling: a plain Deployment, which replaces pods one by one and loses nobody; its gate is `helm test`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from cluster.commands import helm, kubectl
from cluster.errors import CommandError
from demo import charts
from demo.cluster_reads import Target
from demo.user_load import LoadSettings, UserLoad
from demo.waits import wait_for
from tests.e2e.conftest import VALUES, Say
from tests.e2e.trial import failures

pytestmark = pytest.mark.timeout(600)

TARGET = Target(namespace="e2e-rolling", release="asr")
HOST = "asr.e2e-rolling.example"


@pytest.fixture(scope="module")
def deployed(policies: charts.Images, say: Say, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    overlay = tmp_path_factory.mktemp("rolling") / "values.yaml"
    overlay.write_text(yaml.safe_dump({"strategy": {"type": "rolling"}, "route": {"hosts": [HOST]}}))
    say(f"installing release {TARGET.release} in namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)
    charts.install_model(TARGET, policies, [VALUES, overlay])
    rolled_out()
    yield
    charts.remove_namespace(TARGET.namespace)


def rolled_out() -> None:
    kubectl("rollout", "status", "deployment/asr", "-n", TARGET.namespace, "--timeout=180s")


def test_new_pods_replace_old_ones_and_no_user_fails(
    deployed: None, say: Say, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # given
    folder = tmp_path_factory.mktemp("users")
    change = folder / "upgrade.yaml"
    change.write_text(yaml.safe_dump({"server": {"queueSeconds": 118}}))

    # when
    with UserLoad(LoadSettings(charts.golden_audio(), folder / "users.jsonl", host=HOST)) as load:
        wait_for("20 users are answered", lambda: True if len(load.requests()) >= 20 else None, seconds=60)
        charts.upgrade_model(TARGET, change)
        rolled_out()
        sent = len(load.requests())
        wait_for("40 more users", lambda: True if len(load.requests()) >= sent + 40 else None, seconds=60)

    # then
    answered = {request.pod for request in load.finished_requests()}
    say(f"{len(load.finished_requests())} users of {len(answered)} versions")
    assert failures(load.finished_requests()) == []
    assert len(answered) == 2


def test_its_gate_is_helm_test_which_a_deaf_model_fails(
    deployed: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # given a release whose answers are empty
    change = tmp_path_factory.mktemp("deaf") / "upgrade.yaml"
    change.write_text(yaml.safe_dump({"faults": {"empty_ratio": 1}}))
    charts.upgrade_model(TARGET, change)
    rolled_out()

    # when
    test = ("test", TARGET.release, "-n", TARGET.namespace, "--timeout", "120s")
    with pytest.raises(CommandError):
        helm(*test)

    # then it is taken back by hand
    charts.roll_back(TARGET)
    rolled_out()
    assert "Succeeded" in helm(*test)
