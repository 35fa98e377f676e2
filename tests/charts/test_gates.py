"""No gate can pass on silence, and every release hands every gate what it asks for."""

from collections.abc import Callable
from typing import Any

import pytest

GATES = ("accuracy", "paired-latency", "errors", "latency", "throughput")
OPPOSITE = {"<=": ">", ">=": "<"}
Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]


def analysis_steps(rollout: dict[str, Any]) -> list[dict[str, Any]]:
    return [step["analysis"] for step in rollout["spec"]["strategy"]["canary"]["steps"] if "analysis" in step]


def template_of(render: Render, gate: str) -> dict[str, Any]:
    return render("rollout-policies")["ClusterAnalysisTemplate", f"serinus-{gate}-v1"]


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_asks_for_exactly_one_number_on_both_sides(render: Render, gate: str) -> None:
    (metric,) = template_of(render, gate)["spec"]["metrics"]
    guard = "len(result) == 1 && !isNaN(result[0]) && result[0] "
    assert metric["successCondition"].startswith(guard)
    operator, threshold = metric["successCondition"].removeprefix(guard).split()
    assert metric["failureCondition"] == f"{guard}{OPPOSITE[operator]} {threshold}"


@pytest.mark.parametrize("gate", GATES)
def test_the_first_number_decides_and_silence_never_does(render: Render, gate: str) -> None:
    spec = template_of(render, gate)["spec"]
    (metric,) = spec["metrics"]
    assert (metric["failureLimit"], metric["consecutiveSuccessLimit"]) == (0, 1)
    assert metric["consecutiveErrorLimit"] == 6
    assert (metric["count"], metric["inconclusiveLimit"]) == ("{{args.count}}", "{{args.inconclusive-limit}}")
    defaults = {arg["name"]: arg.get("value") for arg in spec["args"]}
    # Argo judges a template by its own defaults: without a count it would call the gate endless.
    assert int(defaults["inconclusive-limit"]) == int(defaults["count"]) - 1


@pytest.mark.parametrize("gate", GATES)
def test_a_gates_thresholds_have_no_default(render: Render, gate: str) -> None:
    args = template_of(render, gate)["spec"]["args"]
    defaulted = {arg["name"] for arg in args if "value" in arg}
    assert defaulted == {"interval", "count", "inconclusive-limit", "initial-delay"}


def test_a_release_hands_each_gate_exactly_what_it_asks_for(render: Render) -> None:
    for analysis in analysis_steps(render("model-server")["Rollout", "asr"]):
        (reference,) = analysis["templates"]
        template = render("rollout-policies")["ClusterAnalysisTemplate", reference["templateName"]]
        assert reference["clusterScope"] is True
        assert {arg["name"] for arg in analysis["args"]} == {arg["name"] for arg in template["spec"]["args"]}


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_first_measures_when_its_release_says(render: Render, gate: str) -> None:
    (metric,) = template_of(render, gate)["spec"]["metrics"]
    assert metric["initialDelay"] == "{{args.initial-delay}}"


@pytest.mark.parametrize("first", ["errors", "throughput"])
def test_only_the_first_live_gate_of_a_weight_lets_it_settle(render: Render, first: str) -> None:
    gates = {"errors": {"enabled": first == "errors"}, "latency": {"enabled": first == "errors"}}
    strategy = {"settleSeconds": 20, "steps": [{"weight": 5, "minRequests": 9}]}
    analyses = analysis_steps(render("model-server", gates=gates, strategy=strategy)["Rollout", "asr"])
    delays = [
        (analysis["templates"][0]["templateName"], arg["value"])
        for analysis in analyses
        for arg in analysis["args"]
        if arg["name"] == "initial-delay"
    ]
    assert len(delays) == len(analyses)
    assert [gate for gate, delay in delays if delay == "20s"] == [f"serinus-{first}-v1"]
    assert {delay for _, delay in delays} == {"0s", "20s"}


def test_one_analysis_step_has_one_gate(render: Render) -> None:
    analyses = analysis_steps(render("model-server")["Rollout", "asr"])
    assert all(len(analysis["templates"]) == 1 for analysis in analyses)
    assert len(analyses) == 2 + 3 * 3


@pytest.mark.parametrize(("interval", "timeout", "count"), [(5, 5, 1), (5, 900, 180), (7, 20, 2)])
def test_count_and_inconclusive_limit_follow_from_the_times(
    render: Render, interval: int, timeout: int, count: int
) -> None:
    times = {"intervalSeconds": interval, "timeoutSeconds": timeout}
    rollout = render("model-server", gates={"accuracy": times})["Rollout", "asr"]
    accuracy = analysis_steps(rollout)[1]
    args = {arg["name"]: arg.get("value") for arg in accuracy["args"]}
    assert (args["count"], args["inconclusive-limit"]) == (str(count), str(count - 1))
    assert args["interval"] == f"{interval}s"


def test_every_query_reads_the_candidate_of_this_namespace_only(render: Render) -> None:
    for gate in GATES:
        (metric,) = template_of(render, gate)["spec"]["metrics"]
        query = metric["provider"]["prometheus"]["query"]
        assert "{{args.candidate}}" in query
        assert 'namespace="{{args.namespace}}"' in query


def test_every_arg_of_a_query_is_declared(render: Render) -> None:
    for gate in GATES:
        spec = template_of(render, gate)["spec"]
        declared = {f"{{{{args.{arg['name']}}}}}" for arg in spec["args"]}
        query = spec["metrics"][0]["provider"]["prometheus"]["query"]
        used = {"{{" + part.split("}}")[0] + "}}" for part in query.split("{{")[1:]}
        assert used <= declared
