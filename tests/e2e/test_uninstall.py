"""`helm uninstall`, even with a candidate on trial, leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster.commands import helm, kubectl
from demo import charts
from demo.cluster_reads import Target
from demo.ship import wait_until_settled
from demo.waits import wait_for
from tests.e2e.conftest import VALUES, Say
from tests.e2e.trial import Trial

pytestmark = pytest.mark.timeout(600)

TARGET = Target(namespace="e2e-uninstalled", release="asr")
# Above a pod's grace: what it was answering, it finishes.
GONE_SECONDS = 180.0
# What every namespace has, and what tells of what was.
NOT_OURS = {
    *("configmap/kube-root-ca.crt", "configmap/istio-ca-root-cert", "configmap/istio-ca-crl"),
    "serviceaccount/default",
}
OURS = {
    "rollout.argoproj.io",
    "analysisrun.argoproj.io",
    "virtualservice.networking.istio.io",
    "pod",
    "secret",
}
PASSING = ("event/", "event.events.k8s.io/")


@pytest.fixture
def release(policies: charts.Images, say: Say, tmp_path: Path) -> Iterator[Trial]:
    """A release in its own namespace."""
    say(f"installing release {TARGET.release} in namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)
    overlay = tmp_path / "values.yaml"
    overlay.write_text(yaml.safe_dump({"route": {"hosts": ["asr.uninstalled.example"]}}))
    charts.install_model(TARGET, policies, [VALUES, overlay])
    wait_until_settled(TARGET)
    yield Trial(TARGET, tmp_path, say)
    charts.remove_namespace(TARGET.namespace)


def listed(namespace: str) -> set[str]:
    """Everything in a namespace, of every kind that the cluster knows, but what every namespace has."""
    kinds = kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
    found = kubectl("get", ",".join(kinds), "-n", namespace, "-o", "name", "--ignore-not-found").split()
    return {name for name in found if not name.startswith(PASSING)} - NOT_OURS


def kinds(namespace: str) -> set[str]:
    """What kinds of things are in a namespace."""
    return {name.split("/")[0] for name in listed(namespace)}


def test_release_uninstalled_in_mid_trial_leaves_nothing(release: Trial) -> None:
    # given a candidate that its golden gate is looking at
    release.ship({"server": {"queueSeconds": 119}})
    wait_for(
        "a gate looks at the candidate",
        lambda: True if kinds(TARGET.namespace) >= OURS else None,
        seconds=120,
        last_seen=lambda: f"kinds {sorted(kinds(TARGET.namespace))}",
    )

    # when
    helm("uninstall", TARGET.release, "-n", TARGET.namespace, "--wait", "--timeout", "120s")

    # then pods have ended and nothing is left, Helm's own records included
    wait_for(
        "nothing is left",
        lambda: True if not listed(TARGET.namespace) else None,
        seconds=GONE_SECONDS,
        last_seen=lambda: ", ".join(sorted(listed(TARGET.namespace))),
    )
