"""A crash: of two pods behind the gateway one is killed by SIGKILL, and only what it had in hand is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cluster.commands import kubectl, kubectl_json
from cluster.engine import docker
from cluster.kind_cluster import NODE
from demo import charts
from demo.cluster_reads import Target
from demo.ship import wait_until_settled
from demo.user_load import LoadSettings, UserLoad, UserRequest
from demo.waits import wait_for
from tests.e2e.conftest import VALUES, Say
from tests.e2e.trial import failures

pytestmark = pytest.mark.timeout(600)

TARGET = Target(namespace="e2e-killed", release="asr")
HOST = "asr.killed.example"
# Two pods of two engine processes, a second and a half each: 2.7 requests a second at best.
RATE = 1.5
IN_HAND = 2
AFTERWARDS = 60
SIGKILLED = 137  # 128 + 9


@dataclass(frozen=True)
class Kill:
    """One pod's SIGKILL: sent between two epoch times, when its metric said so many requests were in it."""

    began: float
    ended: float
    in_flight: int


@pytest.fixture
def two_pods(policies: charts.Images, say: Say) -> Iterator[list[str]]:
    """The names of a release's two pods; removed at the end."""
    say(f"installing release {TARGET.release} with two pods in namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)
    charts.install_model(TARGET, policies, [VALUES, Path(__file__).with_name("two_pods.yaml")])
    wait_until_settled(TARGET)
    yield [pod["metadata"]["name"] for pod in kubectl_json("get", "pods", "-n", TARGET.namespace)["items"]]
    say(f"removing namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)


def in_flight(pod: str) -> int:
    """How many requests the pod has taken and not answered."""
    metrics = kubectl("get", "--raw", f"/api/v1/namespaces/{TARGET.namespace}/pods/{pod}:8080/proxy/metrics")
    (found,) = re.findall(r"^asr_in_flight_requests (\S+)$", metrics, flags=re.M)
    return int(float(found))


def predictor(pod: str) -> dict[str, str]:
    """The status of the pod's one container."""
    found: dict[str, str] = kubectl_json("get", "pod", pod, "-n", TARGET.namespace)["status"][
        "containerStatuses"
    ][0]
    return found


def kill(pod: str) -> Kill:
    """SIGKILL from the node, as a pod's first process is deaf to its own kind; its engines die with it."""
    container = predictor(pod)["containerID"].removeprefix("containerd://")
    held = wait_for(
        f"pod {pod} has {IN_HAND} requests in hand",
        lambda: count if (count := in_flight(pod)) >= IN_HAND else None,
        seconds=60,
        poll_seconds=0.1,
    )
    began = time.time()
    docker("exec", NODE, "ctr", "-n", "k8s.io", "tasks", "kill", "-s", "SIGKILL", container)
    return Kill(began, time.time(), held)


def under_way(requests: list[UserRequest], killed: Kill) -> list[UserRequest]:
    """The requests that had been sent and not answered at some moment of the kill."""
    return [
        request
        for request in requests
        if request.t <= killed.ended and request.t + request.latency_seconds >= killed.began
    ]


def test_only_what_a_killed_pod_had_in_hand_is_lost(two_pods: list[str], say: Say, tmp_path: Path) -> None:
    # given two pods under load
    settings = LoadSettings(charts.golden_audio(), tmp_path / "users.jsonl", host=HOST, rate=RATE)
    with UserLoad(settings) as load:
        wait_for("users are answered", lambda: True if load.requests() else None, seconds=60)

        # when one of them crashes
        killed = kill(two_pods[0])
        say(f"killed {two_pods[0]} with {killed.in_flight} requests in hand")
        sent_by_then = len(load.requests())
        wait_for(
            f"{AFTERWARDS} further users are answered",
            lambda: True if len(load.requests()) >= sent_by_then + AFTERWARDS else None,
            seconds=180,
        )
        crashed = predictor(two_pods[0])

    # then only the users it was answering lost something, and it came back
    lost = failures(load.finished_requests())
    say(f"lost {len(lost)} of {len(load.finished_requests())}: {lost}")
    assert [request for request in lost if request not in under_way(load.finished_requests(), killed)] == []
    assert 1 <= len(lost) <= len(under_way(load.finished_requests(), killed))
    assert crashed["lastState"]["terminated"]["exitCode"] == SIGKILLED
    assert crashed["ready"]
