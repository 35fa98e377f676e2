"""The rendered charts speak the names of contracts.toml: ports, headers, labels, annotations, environment."""

import tomllib
from collections.abc import Callable
from typing import Any

from cluster import paths

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
CONTRACTS = tomllib.loads((paths.repository_root() / "contracts.toml").read_text())


def test_the_rollout_tells_the_referee_all_it_asks_for(render: Render) -> None:
    annotations = render("model-server", golden={"set": "prompts", "probeRate": 2.5})["Rollout", "asr"][
        "metadata"
    ]["annotations"]
    assert set(annotations) == set(CONTRACTS["annotations"].values())
    assert annotations[CONTRACTS["annotations"]["golden_set"]] == "prompts"
    assert annotations[CONTRACTS["annotations"]["estimand"]] == "set"
    assert annotations[CONTRACTS["annotations"]["probe_port"]] == str(CONTRACTS["ports"]["predictor_http"])


def test_predictors_know_their_pod_template_hash(render: Render) -> None:
    (container,) = render("model-server")["Rollout", "asr"]["spec"]["template"]["spec"]["containers"]
    (variable,) = container["env"]
    assert variable["name"] == CONTRACTS["environment"]["pod_template_hash"]
    label = CONTRACTS["labels"]["pod_template_hash"]
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == f"metadata.labels['{label}']"


def test_nobody_outside_can_speak_with_our_headers(render: Render) -> None:
    routes = render("model-server", grpc={"enabled": True})["VirtualService", "asr"]["spec"]["http"]
    ours = {header for header in CONTRACTS["headers"].values() if header.startswith("x-serinus-")}
    assert [set(route["headers"]["request"]["remove"]) for route in routes] == [ours, ours]


def test_ports_are_those_agreed(render: Render) -> None:
    release = render("model-server")["Rollout", "asr"]["spec"]["template"]
    policies = render("rollout-policies")["Deployment", "asr-referee"]["spec"]["template"]
    for template, port in ((release, "predictor_http"), (policies, "referee_http")):
        number = CONTRACTS["ports"][port]
        assert template["spec"]["containers"][0]["ports"] == [{"name": "http", "containerPort": number}]
        assert template["metadata"]["annotations"]["prometheus.io/port"] == str(number)
        assert f"--port={number}" in template["spec"]["containers"][0]["args"]
    # By default the predictor listens on loopback alone, where neither a probe nor the gateway comes.
    assert "--host=0.0.0.0" in release["spec"]["containers"][0]["args"]


def test_grpc_has_the_port_agreed_from_the_pod_to_the_gateway(render: Render) -> None:
    port = CONTRACTS["ports"]["predictor_grpc"]
    objects = render("model-server", grpc={"enabled": True})
    (container,) = objects["Rollout", "asr"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "grpc", "containerPort": port} in container["ports"]
    assert f"--grpc-port={port}" in container["args"]
    service = {"name": "grpc", "port": port, "targetPort": "grpc", "appProtocol": "grpc"}
    assert all(service in objects["Service", f"asr-{name}"]["spec"]["ports"] for name in ("stable", "canary"))
    (weights,) = objects["VirtualService", "asr-weights-grpc"]["spec"]["http"]
    assert [to["destination"]["port"] for to in weights["route"]] == [{"number": port}] * 2
    assert {"port": "grpc"} in objects["NetworkPolicy", "asr"]["spec"]["ingress"][0]["ports"]


def test_the_templates_are_those_agreed(render: Render) -> None:
    rendered = {name for kind, name in render("rollout-policies") if kind == "ClusterAnalysisTemplate"}
    assert rendered == set(CONTRACTS["analysis_templates"].values())


def test_the_operators_prometheus_gets_the_label_of_the_gates(render: Render) -> None:
    asked = {"monitoring": {"podMonitor": {"enabled": True}}}
    predictor = render("model-server", **asked)["PodMonitor", "asr"]["spec"]
    referee = render("rollout-policies", **asked)["PodMonitor", "asr-referee"]["spec"]
    assert predictor["podTargetLabels"] == [CONTRACTS["labels"]["pod_template_hash"]]
    assert referee["podMetricsEndpoints"][0]["honorLabels"] is True
    for monitor in (predictor, referee):
        relabelled = {one["targetLabel"] for one in monitor["podMetricsEndpoints"][0]["relabelings"]}
        assert relabelled == {"app", "release"}, "by which the alerts tell releases apart"
