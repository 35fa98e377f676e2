"""Every pod of both charts runs as nobody special, and the referee may only read."""

from collections.abc import Callable
from typing import Any

import pytest

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
PODS = [("model-server", "Rollout"), ("model-server", "Pod"), ("rollout-policies", "Deployment")]


def pod_spec(render: Render, chart: str, kind: str) -> dict[str, Any]:
    ((_, found),) = [(key, item) for key, item in render(chart).items() if key[0] == kind]
    spec: dict[str, Any] = found["spec"] if kind == "Pod" else found["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize(("chart", "kind"), PODS)
def test_pods_run_as_an_ordinary_user(render: Render, chart: str, kind: str) -> None:
    context = pod_spec(render, chart, kind)["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"]) == (True, 10001)
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize(("chart", "kind"), PODS)
def test_containers_write_nothing_and_gain_nothing(render: Render, chart: str, kind: str) -> None:
    spec = pod_spec(render, chart, kind)
    for container in spec["containers"] + spec["initContainers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_predictors_have_no_token_and_reach_nobody(render: Render) -> None:
    assert pod_spec(render, "model-server", "Rollout")["automountServiceAccountToken"] is False
    policy = render("model-server")["NetworkPolicy", "asr"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == []


def test_the_referee_reads_and_writes_only_events(render: Render) -> None:
    rules = render("rollout-policies")["ClusterRole", "asr-referee"]["rules"]
    writes = [rule for rule in rules if set(rule["verbs"]) - {"get", "list", "watch"}]
    assert [rule["resources"] for rule in writes] == [["events"]]


@pytest.mark.parametrize(("namespace", "kind"), [("all", "ClusterRoleBinding"), ("speech", "RoleBinding")])
def test_the_referee_is_let_into_the_namespaces_it_watches(render: Render, namespace: str, kind: str) -> None:
    objects = render("rollout-policies", referee={"namespace": namespace})
    assert objects[kind, "asr-referee"]["metadata"].get("namespace", "all") == namespace
