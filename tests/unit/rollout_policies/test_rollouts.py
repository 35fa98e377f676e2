"""What is due, decided from objects as the Kubernetes API writes them."""

from typing import Any

import pytest

from rollout_policies.errors import AnnotationError
from rollout_policies.estimand import Estimand
from rollout_policies.rollouts import (
    ProbePlan,
    due_comparison,
    is_watched,
    probe_plan,
    ready_endpoints,
    stable_endpoints,
)


def _rollout(annotations: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "speech",
            "name": "asr",
            "uid": "u-1",
            "annotations": {"rollout.argoproj.io/revision": "7", **(annotations or {})},
        },
        "spec": {"selector": {"matchLabels": {"app": "asr"}}},
        "status": status,
    }


def _pod(name: str, pod_hash: str, ready: str = "True", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"rollouts-pod-template-hash": pod_hash}, **metadata},
        "status": {"podIP": "10.0.0.7", "conditions": [{"type": "Ready", "status": ready}]},
    }


def test_a_candidate_beside_a_stable_version_is_due() -> None:
    due = due_comparison(_rollout(stableRS="aaa", currentPodHash="bbb"))
    assert due is not None
    assert (due.stable, due.candidate, due.revision, due.selector) == ("aaa", "bbb", "7", (("app", "asr"),))


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"currentPodHash": "aaa"},
        {"stableRS": "", "currentPodHash": "aaa"},
        {"stableRS": "aaa", "currentPodHash": "aaa"},
        {"stableRS": "aaa", "currentPodHash": "bbb", "abort": True},
    ],
    ids=["new", "first install", "no stable yet", "promoted", "aborted"],
)
def test_nothing_is_due_without_two_versions_or_after_an_abort(status: dict[str, Any]) -> None:
    assert due_comparison(_rollout(**status)) is None


def test_only_annotated_rollouts_are_watched() -> None:
    assert is_watched(_rollout({"serinus.dev/golden-set": "asterisk-en"}))
    assert not is_watched(_rollout())


def test_annotations_say_how_to_probe() -> None:
    plan = probe_plan(
        _rollout(
            {
                "serinus.dev/golden-set": "g",
                "serinus.dev/probe-rate": "0.5",
                "serinus.dev/probe-port": "9000",
                "serinus.dev/probe-path": "/p",
                "serinus.dev/baseline": "true",
                "serinus.dev/estimand": "population",
            }
        )
    )
    assert plan == ProbePlan("g", 0.5, 9000, "/p", True, Estimand.POPULATION)
    assert probe_plan(_rollout({"serinus.dev/golden-set": "g"})) == ProbePlan("g")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("probe-rate", "fast"),
        ("probe-rate", "0"),
        ("probe-rate", "nan"),
        ("probe-rate", "51"),
        ("probe-port", "80.5"),
        ("probe-port", "0"),
        ("probe-port", "inf"),
        ("probe-path", "predict"),
        ("baseline", "yes"),
        ("estimand", "speech"),
        ("estimand", ""),
    ],
)
def test_an_annotation_that_cannot_be_followed_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(AnnotationError, match=f"serinus.dev/{name} must"):
        probe_plan(_rollout({"serinus.dev/golden-set": "g", f"serinus.dev/{name}": value}))


def test_only_ready_pods_of_the_hash_are_asked() -> None:
    pods = [
        _pod("b", "bbb"),
        _pod("a", "bbb"),
        _pod("other", "aaa"),
        _pod("starting", "bbb", ready="False"),
        _pod("going", "bbb", deletionTimestamp="2026-11-23T00:00:00Z"),
    ]
    found = ready_endpoints(pods, "bbb", ProbePlan("g"))
    assert [endpoint.pod for endpoint in found] == ["a", "b"]
    assert found[0].url == "http://10.0.0.7:8080/v1/models/asr:predict"


def _fresh(name: str, experiment: str, pod_hash: str = "ccc", **status: str) -> dict[str, Any]:
    labels = {"rollouts-pod-template-hash": pod_hash, "serinus.dev/baseline": "true"}
    owners = [{"kind": "ReplicaSet", "name": f"{experiment}-baseline"}]
    return _pod(name, pod_hash, labels=labels, ownerReferences=owners, **status)


def test_without_a_baseline_the_stable_side_is_the_pods_that_serve_users() -> None:
    due = due_comparison(_rollout(stableRS="aaa", currentPodHash="bbb"))
    assert due is not None
    pods = [_pod("asr-aaa-1", "aaa"), _pod("asr-bbb-1", "bbb"), _fresh("asr-fresh", "asr-bbb-7-2")]
    assert [e.pod for e in stable_endpoints(pods, due, ProbePlan("g"))] == ["asr-aaa-1"]


def test_with_a_baseline_the_stable_side_is_this_candidates_fresh_pods_alone() -> None:
    """Those of the candidate before may be of another version, and stay for a while."""
    due = due_comparison(_rollout(stableRS="aaa", currentPodHash="bbb"))
    assert due is not None
    pods = [
        _pod("asr-aaa-1", "aaa"),
        _fresh("old", "asr-zzz-6-2", "ddd"),
        _fresh("starting", "asr-bbb-7-2", ready="False"),
        _fresh("fresh", "asr-bbb-7-2"),
    ]
    found = stable_endpoints(pods, due, ProbePlan("g", baseline=True))
    assert [(e.pod, e.pod_template_hash) for e in found] == [("fresh", "ccc")]
