"""Disturbs the platform and puts it right again; knows nothing of releases or gates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cluster.commands import kubectl, kubectl_json
from demo.charts import SYSTEM_NAMESPACE
from demo.waits import wait_for

READY_SECONDS = 180


@dataclass(frozen=True)
class Part:
    """One Deployment that a release leans on."""

    namespace: str
    deployment: str


PROMETHEUS = Part("monitoring", "prometheus")
REFEREE = Part(SYSTEM_NAMESPACE, "rollout-policies-referee")
ARGO = Part("argo-rollouts", "argo-rollouts")
ISTIOD = Part("istio-system", "istiod")
GATEWAY = Part("istio-ingress", "gateway")


@contextmanager
def gone(part: Part) -> Iterator[None]:
    """While: not one of its pods is there; afterwards it is ready again."""
    scale(part, 0)
    wait_for(f"{part.deployment} is gone", lambda: True if not _pods(part) else None, seconds=60)
    try:
        yield
    finally:
        scale(part, 1)
        ready(part)


def killed(part: Part) -> None:
    """Its pods are deleted at once, as by a node's death; others come, and this waits for them."""
    kubectl("delete", "pods", "-n", part.namespace, *_pods(part), "--grace-period=0", "--force")
    ready(part)


def restarted(part: Part) -> None:
    """Its pods are replaced by new ones, as by an upgrade of the platform."""
    kubectl("rollout", "restart", f"deployment/{part.deployment}", "-n", part.namespace)
    ready(part)


def ready(part: Part) -> None:
    """Wait until it is whole."""
    kubectl(
        *("rollout", "status", f"deployment/{part.deployment}", "-n", part.namespace),
        f"--timeout={READY_SECONDS}s",
    )


def scale(part: Part, replicas: int) -> None:
    """Ask for so many pods."""
    kubectl("scale", f"deployment/{part.deployment}", "-n", part.namespace, f"--replicas={replicas}")


def pass_time(what: str, seconds: float) -> None:
    """Let a disturbance last."""
    end = time.monotonic() + seconds
    wait_for(what, lambda: True if time.monotonic() >= end else None, seconds=seconds + 5)


def _pods(part: Part) -> list[str]:
    """The names of its pods, those that are ending included."""
    deployment = kubectl_json("get", "deployment", part.deployment, "-n", part.namespace)
    labels = ",".join(
        f"{key}={value}" for key, value in deployment["spec"]["selector"]["matchLabels"].items()
    )
    pods = kubectl_json("get", "pods", "-n", part.namespace, "-l", labels)["items"]
    return [pod["metadata"]["name"] for pod in pods]
