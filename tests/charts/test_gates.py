"""No gate can pass on silence, and every release hands every gate what it asks for."""

import json
from collections.abc import Callable
from typing import Any

import pytest

GATES = (
    "accuracy",
    "paired-latency",
    "errors",
    "pod-errors",
    "empty-transcripts",
    "disagreement",
    "capacity",
    "feedback",
    "latency",
    "throughput",
)
WATCHES = ("errors-watch", "pod-errors-watch")
OPPOSITE = {"<=": ">", ">=": "<"}
Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]


def analysis_steps(rollout: dict[str, Any]) -> list[dict[str, Any]]:
    return [step["analysis"] for step in rollout["spec"]["strategy"]["canary"]["steps"] if "analysis" in step]


def runs_of(strategy: dict[str, Any]) -> list[dict[str, Any]]:
    """Every analysis of a strategy, inline, background, before and after a switch."""
    if "blueGreen" in strategy:
        return [strategy["blueGreen"]["prePromotionAnalysis"], strategy["blueGreen"]["postPromotionAnalysis"]]
    canary = strategy["canary"]
    inline = [step["analysis"] for step in canary["steps"] if "analysis" in step]
    return [*inline, *([canary["analysis"]] if "analysis" in canary else [])]


def template_of(render: Render, gate: str) -> dict[str, Any]:
    return render("rollout-policies")["ClusterAnalysisTemplate", f"serinus-{gate}-v1"]


def metric_of(render: Render, gate: str) -> dict[str, Any]:
    """The one metric that decides: any other is a dry run, which decides nothing."""
    spec = template_of(render, gate)["spec"]
    dry = {one["metricName"] for one in spec.get("dryRun", ())}
    (metric,) = [metric for metric in spec["metrics"] if metric["name"] not in dry]
    assert metric["name"] == gate
    return dict(metric)


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_asks_for_exactly_one_number_on_both_sides(render: Render, gate: str) -> None:
    metric = metric_of(render, gate)
    guard = "len(result) == 1 && !isNaN(result[0]) && result[0] "
    assert metric["successCondition"].startswith(guard)
    operator, threshold = metric["successCondition"].removeprefix(guard).split()
    assert metric["failureCondition"] == f"{guard}{OPPOSITE[operator]} {threshold}"


@pytest.mark.parametrize("gate", GATES)
def test_the_first_number_decides_and_silence_never_does(render: Render, gate: str) -> None:
    spec, metric = template_of(render, gate)["spec"], metric_of(render, gate)
    assert (metric["failureLimit"], metric["consecutiveSuccessLimit"]) == (0, 1)
    # Argo asks again every 10 s: an hour without Prometheus.
    assert metric["consecutiveErrorLimit"] == 360
    assert metric["count"] == f"{{{{args.{gate}-count}}}}"
    assert metric["inconclusiveLimit"] == f"{{{{args.{gate}-inconclusive-limit}}}}"
    defaults = {arg["name"]: arg.get("value") for arg in spec["args"]}
    # Argo judges a template by its own defaults: without a count it would call the gate endless.
    assert int(defaults[f"{gate}-inconclusive-limit"]) == int(defaults[f"{gate}-count"]) - 1


@pytest.mark.parametrize("gate", GATES)
def test_a_gates_thresholds_have_no_default(render: Render, gate: str) -> None:
    args = template_of(render, gate)["spec"]["args"]
    defaulted = {arg["name"] for arg in args if "value" in arg}
    times = ("interval", "count", "inconclusive-limit", "initial-delay")
    assert defaulted == {f"{gate}-{time}" for time in times}


@pytest.mark.parametrize("gate", [*GATES, *WATCHES])
def test_what_is_a_gates_own_bears_its_name_so_that_gates_can_share_a_run(render: Render, gate: str) -> None:
    names = [arg["name"] for arg in template_of(render, gate)["spec"]["args"]]
    assert names[:4] == ["namespace", "rollout", "stable", "candidate"]
    assert [name for name in names[4:] if not name.startswith(f"{gate}-")] == []


@pytest.mark.parametrize("watch", WATCHES)
def test_a_watch_fails_what_is_proven_and_passes_nothing_for_good(render: Render, watch: str) -> None:
    metric = metric_of(render, watch)
    limit = f"{{{{args.{watch}-max-ratio}}}}"
    assert metric["failureCondition"] == f"len(result) == 1 && !isNaN(result[0]) && result[0] > {limit}"
    assert metric["successCondition"] == f"len(result) == 0 || isNaN(result[0]) || result[0] <= {limit}"
    # Without a count it goes on until the release ends; the first failure ends it before.
    assert "count" not in metric
    assert metric["failureLimit"] == 0


@pytest.mark.parametrize("router", ["istio", "none"])
def test_a_watch_never_stands_alone(render: Render, router: str) -> None:
    canary = render("model-server", strategy={"router": router})["Rollout", "asr"]["spec"]["strategy"][
        "canary"
    ]
    (watch,) = canary["analysis"]["templates"]
    inline = [
        step["analysis"]["templates"][0]["templateName"] for step in canary["steps"] if "analysis" in step
    ]
    assert watch["templateName"].replace("-watch", "") in inline
    # It begins where users do.
    after = canary["steps"][canary["analysis"]["startingStep"] :]
    assert "setCanaryScale" in after[0] or "setWeight" in after[0]
    assert not any("accuracy" in str(step) for step in after[:4])


@pytest.mark.parametrize("strategy", ["canary", "blueGreen", "shadow"])
@pytest.mark.parametrize("router", ["istio", "none"])
def test_every_run_is_handed_exactly_what_its_templates_ask_for(
    render: Render, strategy: str, router: str
) -> None:
    if (strategy, router) == ("shadow", "none"):
        return  # refused: tests/charts/refusals.yaml
    gates = {"capacity": {"enabled": strategy == "blueGreen"}}
    values = {"strategy": {"type": strategy, "router": router}, "gates": gates}
    rollout = render("model-server", **values)["Rollout", "asr"]
    templates = render("rollout-policies")
    runs = runs_of(rollout["spec"]["strategy"])
    assert runs
    for run in runs:
        asked: set[str] = set()
        for reference in run["templates"]:
            assert reference["clusterScope"] is True
            spec = templates["ClusterAnalysisTemplate", reference["templateName"]]["spec"]
            asked |= {arg["name"] for arg in spec["args"]}
        assert sorted(arg["name"] for arg in run["args"]) == sorted(asked)


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_first_measures_when_its_release_says(render: Render, gate: str) -> None:
    metric = metric_of(render, gate)
    assert metric["initialDelay"] == f"{{{{args.{gate}-initial-delay}}}}"


@pytest.mark.parametrize("first", ["errors", "throughput"])
def test_only_the_first_live_gate_of_a_weight_lets_it_settle(render: Render, first: str) -> None:
    off = {"enabled": first == "errors"}
    gates = {"errors": off, "emptyTranscripts": off, "latency": off}
    strategy = {"settleSeconds": 20, "steps": [{"weight": 5, "minRequests": 9}], "bake": {"enabled": False}}
    analyses = analysis_steps(render("model-server", gates=gates, strategy=strategy)["Rollout", "asr"])
    delays = [
        (analysis["templates"][0]["templateName"], arg["value"])
        for analysis in analyses
        for arg in analysis["args"]
        if arg["name"].endswith("-initial-delay")
    ]
    assert len(delays) == len(analyses)
    assert [gate for gate, delay in delays if delay == "20s"] == [f"serinus-{first}-v1"]
    assert {delay for _, delay in delays} == {"0s", "20s"}


FEEDBACK = {
    "gates": {"feedback": {"enabled": True, "minFeedback": 40}},
    "events": {"url": "http://policies-referee.serinus-system/events"},
}


@pytest.mark.parametrize("strategy", ["canary", "blueGreen"])
def test_feedback_is_asked_for_where_users_are_and_nowhere_before(render: Render, strategy: str) -> None:
    values = {**FEEDBACK, "strategy": {"type": strategy, "steps": [{"weight": 5, "minRequests": 9}]}}
    runs = runs_of(render("model-server", **values)["Rollout", "asr"]["spec"]["strategy"])
    asking = [run for run in runs if "serinus-feedback-v1" in str(run["templates"])]
    # A canary asks at its one weight and at the bake, blue-green after the switch.
    assert len(asking) == (2 if strategy == "canary" else 1)
    assert runs[0] not in asking
    for run in asking:
        own = [arg for arg in run["args"] if arg["name"].startswith("feedback-")]
        (asked,) = template_of(render, "feedback")["spec"]["metrics"]
        assert {"name": "feedback-min-feedback", "value": "40"} in own
        assert sorted(f"{{{{args.{arg['name']}}}}}" in str(asked) for arg in own) == [True] * len(own)


def test_one_analysis_step_has_one_gate(render: Render) -> None:
    analyses = analysis_steps(render("model-server")["Rollout", "asr"])
    assert all(len(analysis["templates"]) == 1 for analysis in analyses)
    assert len(analyses) == 2 + 3 * 4 + (4 + 1)


@pytest.mark.parametrize(("interval", "timeout", "count"), [(5, 5, 1), (5, 900, 180), (7, 20, 2)])
def test_count_and_inconclusive_limit_follow_from_the_times(
    render: Render, interval: int, timeout: int, count: int
) -> None:
    times = {"intervalSeconds": interval, "timeoutSeconds": timeout}
    rollout = render("model-server", gates={"accuracy": times})["Rollout", "asr"]
    accuracy = analysis_steps(rollout)[1]
    args = {arg["name"]: arg.get("value") for arg in accuracy["args"]}
    assert (args["accuracy-count"], args["accuracy-inconclusive-limit"]) == (str(count), str(count - 1))
    assert args["accuracy-interval"] == f"{interval}s"


def test_every_query_reads_the_candidate_of_this_namespace_only(render: Render) -> None:
    for gate in (*GATES, *WATCHES):
        query = metric_of(render, gate)["provider"]["prometheus"]["query"]
        assert "{{args.candidate}}" in query
        assert 'namespace="{{args.namespace}}"' in query


def test_every_arg_of_a_query_is_declared(render: Render) -> None:
    for gate in (*GATES, *WATCHES):
        spec = template_of(render, gate)["spec"]
        declared = {f"{{{{args.{arg['name']}}}}}" for arg in spec["args"]}
        used = {"{{" + part.split("}}")[0] + "}}" for part in json.dumps(spec["metrics"]).split("{{")[1:]}
        assert used <= declared
