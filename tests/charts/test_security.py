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


def pod_spec_of(render: Render, **overrides: Any) -> dict[str, Any]:
    """The predictor's pod with these values."""
    found: dict[str, Any] = render("model-server", **overrides)["Rollout", "asr"]["spec"]["template"]["spec"]
    return found


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


def outlets(render: Render, **overrides: Any) -> list[tuple[str, int]]:
    """The protocols and ports that the pods may reach, anywhere."""
    (rule,) = render("model-server", **overrides)["NetworkPolicy", "asr"]["spec"]["egress"]
    assert rule.keys() == {"ports"}
    return [(port["protocol"], port["port"]) for port in rule["ports"]]


NAMES = [("UDP", 53), ("TCP", 53)]


@pytest.mark.parametrize(
    ("overrides", "port"),
    [
        ({"events": {"url": "http://receiver.events:8080/in"}}, 8080),
        ({"events": {"url": "http://receiver.events"}}, 80),
        ({"search": {"url": "https://search.example/x"}}, 443),
        ({"tracing": {"endpoint": "http://[fd00::1]:4318"}}, 4318),
    ],
)
def test_predictors_reach_names_and_the_port_of_what_they_are_told_to_ask(
    render: Render, overrides: dict[str, Any], port: int
) -> None:
    assert outlets(render, **overrides) == [*NAMES, ("TCP", port)]


def test_a_port_behind_a_service_can_be_opened_and_none_is_twice(render: Render) -> None:
    urls = {"events": {"url": "http://a.example"}, "search": {"url": "http://b.example"}}
    assert outlets(render, **urls, networkPolicy={"egressPorts": [9200]}) == [
        *NAMES,
        ("TCP", 80),
        ("TCP", 9200),
    ]


def test_a_catalogue_is_mounted_to_be_read(render: Render) -> None:
    spec = pod_spec_of(render, search={"existingClaim": "prompts"})
    (mount,) = [mount for mount in spec["containers"][0]["volumeMounts"] if mount["name"] == "catalogue"]
    assert mount["readOnly"] is True
    assert {"claimName": "prompts", "readOnly": True} in [
        volume.get("persistentVolumeClaim") for volume in spec["volumes"]
    ]


def test_the_engines_password_comes_from_a_secret(render: Render) -> None:
    search = {"url": "https://search.example", "authorizationSecret": "search"}
    (variable,) = pod_spec_of(render, search=search)["containers"][0]["env"][1:]
    assert variable["name"] == "SERINUS_SEARCH_AUTHORIZATION"
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "search", "key": "authorization"}}


def test_the_referee_reads_and_writes_only_events(render: Render) -> None:
    rules = render("rollout-policies")["ClusterRole", "asr-referee"]["rules"]
    writes = [rule for rule in rules if set(rule["verbs"]) - {"get", "list", "watch"}]
    assert [rule["resources"] for rule in writes] == [["events"]]


@pytest.mark.parametrize("resource", ["rollouts", "analysisruns", "pods", "events"])
def test_the_referee_reads_what_a_report_is_made_of(render: Render, resource: str) -> None:
    rules = render("rollout-policies")["ClusterRole", "asr-referee"]["rules"]
    (verbs,) = [set(rule["verbs"]) for rule in rules if resource in rule["resources"]]
    assert {"get", "list"} <= verbs


@pytest.mark.parametrize(("namespace", "kind"), [("all", "ClusterRoleBinding"), ("speech", "RoleBinding")])
def test_the_referee_is_let_into_the_namespaces_it_watches(render: Render, namespace: str, kind: str) -> None:
    objects = render("rollout-policies", referee={"namespace": namespace})
    assert objects[kind, "asr-referee"]["metadata"].get("namespace", "all") == namespace
