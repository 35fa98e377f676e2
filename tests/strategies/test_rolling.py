"""Rolling: a plain Deployment, which replaces pods one by one and loses nobody; its gate is `helm test`.

What its users suffer afterwards an alert tells of.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from cluster.commands import helm, kubectl
from cluster.errors import CommandError
from demo import charts
from demo.cluster_reads import Target
from demo.prometheus import PROMETHEUS_URL
from demo.user_load import LoadSettings, UserLoad
from demo.waits import wait_for
from tests.e2e.conftest import VALUES, Say
from tests.e2e.trial import failures

pytestmark = pytest.mark.timeout(900)

TARGET = Target(namespace="e2e-rolling", release="asr")
HOST = "asr.e2e-rolling.example"
# The chart's own alerts, looking back less far so that a test need not wait for minutes.
SOONER = "alerts.window=1m,alerts.minRequests=20,alerts.errors.for=15s"
RULES_CONFIGMAP = ("monitoring", "prometheus-rules")
# The kubelet writes a ConfigMap within a minute and a half, Prometheus reads it half a minute later.
RULES_READ_SECONDS, ALERT_SECONDS = 180.0, 120.0


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


@pytest.fixture
def alerts(cluster: None) -> Iterator[None]:
    """The alerts in the cluster's Prometheus, as docs/alerts.md puts them there without an operator."""
    namespace, name = RULES_CONFIGMAP
    rule = helm(
        *("template", "policies", str(charts.CHARTS / "rollout-policies"), "-n", charts.SYSTEM_NAMESPACE),
        *("--set", f"alerts.prometheusRule.enabled=true,{SOONER}"),
        *("--show-only", "templates/prometheusrule.yaml"),
    )
    rules = {"serinus-alerts.yaml": yaml.safe_dump(yaml.safe_load(rule)["spec"])}
    about = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}
    kubectl("apply", "-f", "-", stdin=json.dumps({**about, "data": rules}))
    try:
        wait_for("Prometheus reads the rules", rules_are_read, seconds=RULES_READ_SECONDS)
        yield
    finally:
        kubectl("delete", "configmap", name, "-n", namespace)


def prometheus(what: str) -> Any:
    """Prometheus's rules or alerts."""
    with urllib.request.urlopen(f"{PROMETHEUS_URL}/api/v1/{what}", timeout=10) as answer:
        return json.load(answer)["data"]


def rules_are_read() -> bool | None:
    """Whether Prometheus has these very rules."""
    queries = [rule["query"] for group in prometheus("rules")["groups"] for rule in group["rules"]]
    return True if any("[1m]" in query for query in queries) else None


def told() -> set[str]:
    """The alerts that fire for this release."""
    alerts = prometheus("alerts")["alerts"]
    ours = [alert for alert in alerts if alert["labels"].get("namespace") == TARGET.namespace]
    return {alert["labels"]["alertname"] for alert in ours if alert["state"] == "firing"}


def test_users_who_fail_are_told_of_until_it_is_taken_back(
    deployed: None, alerts: None, say: Say, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # given users who are served well, of whom nothing is told
    folder = tmp_path_factory.mktemp("failing")
    change = folder / "upgrade.yaml"
    change.write_text(yaml.safe_dump({"faults": {"error_ratio": 0.3}}))
    with UserLoad(LoadSettings(charts.golden_audio(), folder / "users.jsonl", host=HOST)) as load:
        wait_for("60 users are answered", lambda: True if len(load.requests()) >= 60 else None, seconds=90)
        assert told() == set()

        # when a release fails a third of them, which no gate stops
        charts.upgrade_model(TARGET, change)
        rolled_out()

        # then it is told of
        wait_for(
            "SerinusErrors fires",
            lambda: True if "SerinusErrors" in told() else None,
            seconds=ALERT_SECONDS,
            last_seen=lambda: f"firing: {sorted(told())}",
        )
        say("SerinusErrors fires")

        # and no more once it is taken back by hand
        charts.roll_back(TARGET)
        rolled_out()
        wait_for(
            "nothing is told any more",
            lambda: True if not told() else None,
            seconds=ALERT_SECONDS,
            last_seen=lambda: f"firing: {sorted(told())}",
        )
