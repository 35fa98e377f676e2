"""What a release renders into: the order of its steps, what starts a rollout, what Helm leaves to Argo."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from cluster import paths

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]


def steps_in_short(rollout: dict[str, Any]) -> list[str]:
    short = []
    for step in rollout["spec"]["strategy"]["canary"]["steps"]:
        ((kind, value),) = step.items()
        if kind == "analysis":
            value = value["templates"][0]["templateName"].removeprefix("serinus-").removesuffix("-v1")
        short.append(f"{kind} {value}")
    return short


def pod_template(render: Render, **overrides: Any) -> dict[str, Any]:
    template: dict[str, Any] = render("model-server", **overrides)["Rollout", "asr"]["spec"]["template"]
    return template


def test_golden_gates_come_before_users_and_live_gates_at_each_weight(render: Render) -> None:
    steps = [{"weight": 10, "minRequests": 20}, {"weight": 40, "minRequests": 60}]
    strategy = {"steps": steps, "bake": {"enabled": False}}
    rollout = render("model-server", strategy=strategy)["Rollout", "asr"]
    assert steps_in_short(rollout) == [
        "setCanaryScale {'replicas': 1}",
        "setWeight 0",
        "analysis paired-latency",
        "analysis accuracy",
        "setCanaryScale {'weight': 10}",
        "setWeight 10",
        "analysis errors",
        "analysis empty-transcripts",
        "analysis throughput",
        "analysis latency",
        "setCanaryScale {'weight': 40}",
        "setWeight 40",
        "analysis errors",
        "analysis empty-transcripts",
        "analysis throughput",
        "analysis latency",
    ]


def test_a_gate_that_is_off_has_no_step(render: Render) -> None:
    off = {"enabled": False}
    rollout = render("model-server", gates={"pairedLatency": off, "accuracy": off, "latency": off})
    assert "analysis latency" not in steps_in_short(rollout["Rollout", "asr"])
    assert "annotations" not in rollout["Rollout", "asr"]["metadata"]


@pytest.mark.parametrize(
    "overrides",
    [
        {"strategy": {"steps": [{"weight": 50, "minRequests": 5}]}},
        {"gates": {"accuracy": {"margin": 0.02}}},
        {"golden": {"probeRate": 4}},
        {"route": {"hosts": ["asr.example.com"]}},
        {"replicas": 5},
        {"networkPolicy": {"enabled": False}},
        {"events": {"queue": 7}, "search": {"limit": 7}},
        {"monitoring": {"podMonitor": {"enabled": True}}},
    ],
    ids=lambda overrides: next(iter(overrides)),
)
def test_rules_and_routes_do_not_start_a_rollout(render: Render, overrides: dict[str, Any]) -> None:
    assert pod_template(render, **overrides) == pod_template(render)


@pytest.mark.parametrize(
    "overrides",
    [
        {"image": {"tag": "next"}},
        {"model": {"image": "model:next"}},
        {"model": {"digest": "sha256:" + "0" * 64}},
        {"server": {"vadMode": 2}},
        {"server": {"engineProcesses": 2}},
        {"automation": {"degree": "assist"}},
        {"grpc": {"enabled": True}},
        {"events": {"url": "http://receiver.example"}},
        {"search": {"configMap": "prompts-7f3a"}},
        {"tracing": {"endpoint": "http://traces.example:4318"}},
        {"faults": {"cut_tail_seconds": 0.2}},
        {"resources": {"limits": {"memory": "2Gi"}}},
    ],
    ids=lambda overrides: next(iter(overrides)),
)
def test_what_changes_transcripts_or_speed_starts_a_rollout(
    render: Render, overrides: dict[str, Any]
) -> None:
    assert pod_template(render, **overrides) != pod_template(render)


@pytest.mark.parametrize("source", ["existingClaim", "hostPath"])
def test_content_outside_an_image_is_told_apart_by_its_digest(render: Render, source: str) -> None:
    model = {"image": "", source: "/models", "digest": "sha256:" + "a" * 64}
    quiet = {"annotations": False}
    template = pod_template(render, model=model, monitoring=quiet)
    assert template["metadata"]["annotations"] == {"serinus.dev/model-digest": model["digest"]}
    assert "annotations" not in pod_template(render, monitoring=quiet)["metadata"]


def test_faults_are_arguments_of_the_predictor(render: Render) -> None:
    faults = {"cut_tail_seconds": 0.2, "traffic": "user", "seed": 7}
    (container,) = pod_template(render, faults=faults)["spec"]["containers"]
    given = [argument for argument in container["args"] if argument.startswith("--fault")]
    assert given == ["--fault=cut_tail_seconds=0.2", "--fault=seed=7", "--fault=traffic=user"]


def test_services_have_no_selector_for_helm_and_argo_to_fight_over(render: Render) -> None:
    objects = render("model-server")
    for name in ("asr-stable", "asr-canary"):
        assert "selector" not in objects["Service", name]["spec"]


def test_the_users_route_has_no_weights_and_delegates_to_the_one_that_has(render: Render) -> None:
    objects = render("model-server")
    (route,) = objects["VirtualService", "asr"]["spec"]["http"]
    assert "route" not in route
    assert route["delegate"] == {"name": "asr-weights", "namespace": "speech"}
    weights = objects["VirtualService", "asr-weights"]
    assert "hosts" not in weights["spec"]
    assert [to["weight"] for to in weights["spec"]["http"][0]["route"]] == [100, 0]


def test_grpc_has_the_rules_of_http_and_weights_of_its_own_port(render: Render) -> None:
    objects = render("model-server", grpc={"enabled": True})
    http, grpc = objects["VirtualService", "asr"]["spec"]["http"]
    own = {"name", "match", "delegate"}
    assert {name for name in http | grpc if http.get(name) != grpc.get(name)} == own
    assert grpc["delegate"]["name"] == "asr-weights-grpc"
    prefixes = [match["uri"]["prefix"] for match in grpc["match"]]
    assert prefixes == ["/inference.GRPCInferenceService/", "/grpc.health.v1.Health/"]


def test_argo_moves_the_weights_of_grpc_with_those_of_http(render: Render) -> None:
    def moved(**overrides: Any) -> list[str]:
        canary = render("model-server", **overrides)["Rollout", "asr"]["spec"]["strategy"]["canary"]
        return [route["name"] for route in canary["trafficRouting"]["istio"]["virtualServices"]]

    assert moved() == ["asr-weights"]
    assert moved(grpc={"enabled": True}) == ["asr-weights", "asr-weights-grpc"]


@pytest.mark.parametrize("path", ["/metrics", "/healthz/ready", "/v2/repository/models/asr/unload"])
def test_what_operators_ask_is_not_routed_to_users(render: Render, path: str) -> None:
    (route,) = render("model-server")["VirtualService", "asr"]["spec"]["http"]
    assert [match for match in route["match"] if path.startswith(match["uri"]["prefix"])] == []


@pytest.mark.parametrize("name", ["asr-weights", "asr-weights-grpc"])
def test_weights_are_made_once_and_removed_at_uninstall(render_text: Callable[..., str], name: str) -> None:
    documents = render_text("model-server").split("\n---\n")
    hooks = [document for document in documents if f"name: {name}\n  namespace" in document]
    made, removed = sorted(hooks, key=lambda hook: "post-delete" in hook)
    assert len(hooks) == 2
    assert "helm.sh/hook: pre-install\n" in made
    assert "helm.sh/hook-delete-policy: before-hook-creation\n" in made
    assert "helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\n" in removed


def test_gitops_has_the_weights_as_an_ordinary_object(render: Render) -> None:
    objects = render("model-server", route={"weightsManagedBy": "manifest"})
    assert "annotations" not in objects["VirtualService", "asr-weights"]["metadata"]
    assert "annotations" not in objects["VirtualService", "asr-weights-grpc"]["metadata"]


def test_rendering_twice_gives_the_same(render_text: Callable[..., str]) -> None:
    assert render_text("model-server") == render_text("model-server")
    assert render_text("rollout-policies") == render_text("rollout-policies")


def test_only_what_no_predictor_began_is_tried_again(render: Render) -> None:
    (route,) = render("model-server")["VirtualService", "asr"]["spec"]["http"]
    assert route["retries"]["retryOn"] == "connect-failure,refused-stream,reset-before-request"
    assert route["timeout"] == "40s"


def test_a_pod_is_given_time_to_drain_its_longest_request(render: Render) -> None:
    server = {"drainDelaySeconds": 7, "longestRequestSeconds": 50}
    assert pod_template(render, server=server)["spec"]["terminationGracePeriodSeconds"] == 7 + 50 + 5


def test_a_renderer_without_a_cluster_is_not_asked_for_the_gates() -> None:
    chart = str(paths.repository_root() / "charts" / "model-server")
    # As GitOps tools do: they know what the cluster can, and cannot look into it.
    kind = "--api-versions=argoproj.io/v1alpha1/ClusterAnalysisTemplate"
    done = subprocess.run(
        [paths.bin_dir() / "helm", "template", "asr", chart, kind], capture_output=True, check=False
    )
    assert done.returncode == 0
