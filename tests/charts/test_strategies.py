"""How each strategy brings a candidate to users, step by step, and what it leaves to Argo."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.charts.test_release import steps_in_short

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
LIVE = ["analysis errors", "analysis empty-transcripts", "analysis throughput", "analysis latency"]
GOLDEN = ["analysis paired-latency", "analysis accuracy"]


def release(render: Render, **strategy: Any) -> dict[str, Any]:
    return render("model-server", strategy=strategy)["Rollout", "asr"]


def test_a_bake_gives_all_users_with_stable_still_there_and_asks_once_more_what_load_does_not_decide(
    render: Render,
) -> None:
    rollout = release(render, steps=[{"weight": 50, "minRequests": 9}], bake={"minRequests": 20})
    bake = ["setCanaryScale {'weight': 100}", "setWeight 100", *LIVE, "analysis accuracy"]
    assert steps_in_short(rollout)[-7:] == bake
    # Stable is scaled down only after the last step, and so stays at its full size for the way back.
    assert "dynamicStableScale" not in rollout["spec"]["strategy"]["canary"]


def test_a_bake_stands_for_its_time_before_it_is_judged(render: Render) -> None:
    rollout = release(render, bake={"seconds": 77})
    bake = rollout["spec"]["strategy"]["canary"]["steps"][-5]["analysis"]
    delays = [arg["value"] for arg in bake["args"] if arg["name"] == "errors-initial-delay"]
    assert delays == ["77s"]


def test_a_baseline_is_a_fresh_stable_pod_that_an_experiment_keeps_until_each_golden_gate_has_its_number(
    render: Render,
) -> None:
    rollout = render("model-server", golden={"baseline": True})["Rollout", "asr"]
    assert rollout["metadata"]["annotations"]["serinus.dev/baseline"] == "true"
    steps = rollout["spec"]["strategy"]["canary"]["steps"]
    experiments = [step["experiment"] for step in steps if "experiment" in step]
    assert [[gate["name"] for gate in one["analyses"]] for one in experiments] == [
        ["paired-latency", "accuracy"],
        ["accuracy"],
    ]
    # Without a Service or a weight of its own the pod has no users.
    label = {"serinus.dev/baseline": "true"}
    fresh = {"name": "baseline", "specRef": "stable", "replicas": 1, "metadata": {"labels": label}}
    assert all(one["templates"] == [fresh] for one in experiments)
    # One that is not required would be ended, and called a success, by the other's end.
    assert all(gate["requiredForCompletion"] for one in experiments for gate in one["analyses"])
    assert all("duration" not in one for one in experiments)


def test_an_experiment_decides_nothing_and_the_golden_gates_come_behind_it(render: Render) -> None:
    """Argo goes on past an Experiment that could not decide once a later try of it does (1.10)."""
    rollout = render("model-server", golden={"baseline": True})["Rollout", "asr"]
    steps = rollout["spec"]["strategy"]["canary"]["steps"]
    assert all(one["experiment"]["dryRun"] == [{"metricName": ".*"}] for one in steps if "experiment" in one)
    # Argo writes this field, empty or not, and whoever changes the steps last owns them.
    assert all(one["experiment"]["analysisRunMetadata"] == {} for one in steps if "experiment" in one)
    with_users = steps_in_short(render("model-server")["Rollout", "asr"])
    assert [step for step in steps_in_short(rollout) if not step.startswith("experiment")] == with_users
    # They have their numbers, or none will come now that the fresh pod goes.
    args = {arg["name"]: arg.get("value") for arg in steps[4]["analysis"]["args"]}
    assert (args["accuracy-count"], args["accuracy-inconclusive-limit"]) == ("12", "11")


def test_the_gates_of_an_experiment_are_told_what_those_of_a_step_are(render: Render) -> None:
    def told(baseline: bool) -> list[dict[str, Any]]:
        rollout = render("model-server", golden={"baseline": baseline})["Rollout", "asr"]
        steps = rollout["spec"]["strategy"]["canary"]["steps"]
        if baseline:
            return [gate["args"] for gate in steps[2]["experiment"]["analyses"]]
        return [step["analysis"]["args"] for step in steps[2:4]]

    assert told(baseline=True) == told(baseline=False)


def test_testers_reach_the_candidate_after_the_golden_gates_and_before_users(render: Render) -> None:
    rollout = release(render, testers={"value": "sesame-123"}, pauseBeforeUsers=True)
    canary = rollout["spec"]["strategy"]["canary"]
    header, pause = canary["steps"][4:6]
    assert header["setHeaderRoute"]["match"] == [
        {"headerName": "x-serinus-candidate", "headerValue": {"exact": "sesame-123"}}
    ]
    assert pause == {"pause": {}}
    assert canary["trafficRouting"]["managedRoutes"] == [{"name": header["setHeaderRoute"]["name"]}]


def test_a_shadow_hears_a_rising_share_and_its_mirror_is_taken_away_before_a_person_decides(
    render: Render,
) -> None:
    steps = [{"percentage": 20, "minRequests": 5}, {"percentage": 80, "minRequests": 9}]
    rollout = release(render, type="shadow", shadow={"steps": steps})
    mirrors = [
        step["setMirrorRoute"]
        for step in rollout["spec"]["strategy"]["canary"]["steps"]
        if "setMirrorRoute" in step
    ]
    assert [mirror.get("percentage") for mirror in mirrors] == [20, 80, None]
    assert {mirror["name"] for mirror in mirrors} == {"asr-mirror"}
    # A path wider than those of the route that delegates here would have Istio drop the mirror, silently.
    assert mirrors[0]["match"] == [{"method": {"exact": "POST"}}]
    short = steps_in_short(rollout)
    assert short[2:4] == GOLDEN
    assert short[-1] == "pause {}"
    # No step gives it users.
    assert [step for step in short if step.startswith("setWeight")] == ["setWeight 0"]


def test_a_shadow_may_go_on_as_a_canary(render: Render) -> None:
    shadow = {"then": "canary", "steps": [{"percentage": 50, "minRequests": 9}]}
    short = steps_in_short(release(render, type="shadow", shadow=shadow))
    after = short[short.index("setMirrorRoute {'name': 'asr-mirror'}") + 1 :]
    assert after == steps_in_short(release(render))[4:]


def test_blue_and_green_are_judged_before_and_after_the_switch(render: Render) -> None:
    strategy = release(render, type="blueGreen", blueGreen={"minRequests": 7})["spec"]["strategy"][
        "blueGreen"
    ]
    named = [
        [
            template["templateName"].removeprefix("serinus-").removesuffix("-v1")
            for template in run["templates"]
        ]
        for run in (strategy["prePromotionAnalysis"], strategy["postPromotionAnalysis"])
    ]
    assert named == [["paired-latency", "accuracy"], ["errors", "empty-transcripts", "throughput", "latency"]]
    assert (strategy["activeService"], strategy["previewService"]) == ("asr-stable", "asr-canary")


@pytest.mark.parametrize(
    ("gates", "settle", "seconds"),
    [
        ({}, 15, 1800),
        ({"errors": {"timeoutSeconds": 2000}}, 15, 2015),
        ({"capacity": {"enabled": True, "timeoutSeconds": 4000}}, 15, 4000),
        ({"accuracy": {"enabled": False}, "pairedLatency": {"enabled": False}}, 30, 930),
    ],
)
def test_no_gate_of_blue_green_outlasts_argos_patience(
    render: Render, gates: dict[str, Any], settle: int, seconds: int
) -> None:
    """Argo's clock runs on while blue-green's gates wait, and would abort what nothing was proven of."""
    strategy = {
        "type": "blueGreen",
        "blueGreen": {"keepSeconds": 9000},
        "settleSeconds": settle,
        "progressDeadlineSeconds": 310,
    }
    rollout = render("model-server", strategy=strategy, gates=gates)["Rollout", "asr"]
    # On top the hour that a gate waits for Prometheus.
    assert rollout["spec"]["progressDeadlineSeconds"] == 310 + seconds + 3600


@pytest.mark.parametrize("kind", ["canary", "shadow"])
def test_argos_clock_stands_at_the_gates_that_are_steps(render: Render, kind: str) -> None:
    assert release(render, type=kind, progressDeadlineSeconds=310)["spec"]["progressDeadlineSeconds"] == 310


def test_a_person_can_be_asked_before_the_switch(render: Render) -> None:
    asked = [
        release(render, type="blueGreen", pauseBeforeUsers=value)["spec"]["strategy"]["blueGreen"]
        for value in (True, False)
    ]
    assert [strategy["autoPromotionEnabled"] for strategy in asked] == [False, True]
    # A time after which Argo promotes by itself would cut the gates short and call them passed.
    assert "autoPromotionSeconds" not in asked[1]


def test_without_a_router_pods_are_the_weights_and_no_object_needs_istio(render: Render) -> None:
    objects = render("model-server", strategy={"router": "none"})
    assert {kind for kind, _ in objects} & {"VirtualService", "DestinationRule"} == set()
    canary = objects["Rollout", "asr"]["spec"]["strategy"]["canary"]
    assert "trafficRouting" not in canary
    assert not any("setCanaryScale" in step for step in canary["steps"])
    assert objects["Service", "asr"]["spec"]["selector"]["app.kubernetes.io/instance"] == "asr"
    assert "rollouts-pod-template-hash" not in objects["Service", "asr"]["spec"]["selector"]


def test_rolling_is_a_plain_deployment_of_the_same_pods(render: Render) -> None:
    objects = render("model-server", strategy={"type": "rolling"})
    deployment = objects["Deployment", "asr"]["spec"]
    assert ("Rollout", "asr") not in objects
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    selector = objects["Service", "asr-stable"]["spec"]["selector"].items()
    assert selector <= deployment["template"]["metadata"]["labels"].items()
    (variable,) = deployment["template"]["spec"]["containers"][0]["env"]
    assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['pod-template-hash']"


@pytest.mark.parametrize("strategy", ["blueGreen", "shadow"])
def test_the_strategy_changes_no_pod_so_that_it_can_change_by_an_upgrade(
    render: Render, strategy: str
) -> None:
    objects, canary = render("model-server", strategy={"type": strategy}), render("model-server")
    assert objects["Rollout", "asr"]["spec"]["template"] == canary["Rollout", "asr"]["spec"]["template"]
    assert objects.keys() == canary.keys()


def test_a_previews_capacity_is_tried_by_a_load_of_its_own_before_the_switch(render: Render) -> None:
    gates = {"capacity": {"enabled": True, "rate": 2.5, "seconds": 30, "timeoutSeconds": 90}}
    objects = render("model-server", strategy={"type": "blueGreen"}, gates=gates)
    before = objects["Rollout", "asr"]["spec"]["strategy"]["blueGreen"]["prePromotionAnalysis"]
    assert before["templates"][-1]["templateName"] == "serinus-capacity-v1"
    args = {arg["name"]: arg.get("value") for arg in before["args"]}
    assert (args["capacity-rate"], args["capacity-seconds"], args["capacity-min-requests"]) == (
        "2.5",
        "30",
        "75",
    )
    policy = objects["NetworkPolicy", "asr"]["spec"]["ingress"][0]["from"]
    labels = {"app.kubernetes.io/instance": "asr", "app.kubernetes.io/component": "loadtest"}
    assert {"podSelector": {"matchLabels": labels}} in policy


@pytest.mark.parametrize(("lost", "least"), [(0, "300"), (0.01, "297"), (0.1, "270")])
def test_capacity_is_decided_once_all_of_the_load_is_counted_but_what_may_be_lost(
    render: Render, lost: float, least: str
) -> None:
    """Of 5 a second for 60 s: the slowest answers come last, and would be those not looked at."""
    gates = {"capacity": {"enabled": True, "maxUnansweredRatio": lost}}
    rollout = render("model-server", strategy={"type": "blueGreen"}, gates=gates)["Rollout", "asr"]
    args = rollout["spec"]["strategy"]["blueGreen"]["prePromotionAnalysis"]["args"]
    assert {"name": "capacity-min-requests", "value": least} in args


def test_a_load_goes_to_the_preview_and_is_counted_as_one(render: Render) -> None:
    """As a dry run: a Job that cannot be run says nothing of the candidate."""
    spec = render("rollout-policies")["ClusterAnalysisTemplate", "serinus-capacity-v1"]["spec"]
    (load,) = [metric for metric in spec["metrics"] if "job" in metric["provider"]]
    assert spec["dryRun"] == [{"metricName": load["name"]}]
    job = load["provider"]["job"]["spec"]
    assert (job["backoffLimit"], job["ttlSecondsAfterFinished"]) == (0, 3600)
    pod = job["template"]
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "loadtest"
    args = pod["spec"]["containers"][0]["args"]
    assert "--url=http://{{args.rollout}}-canary.{{args.namespace}}.svc" in args
    assert "--traffic=load" in args
