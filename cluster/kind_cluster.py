"""The kind cluster `serinus`: created from kind-config.yaml, found again, given images, deleted."""

from __future__ import annotations

import time
from collections.abc import Sequence

from cluster import paths
from cluster.commands import run, run_logged, succeeds
from cluster.engine import docker, has_image
from cluster.errors import InputError
from cluster.preconditions import need_ports
from cluster.progress import say, step

NAME = "serinus"
NODE = f"{NAME}-control-plane"
READY_SECONDS = 180
SLOW_SECONDS = 90.0  # how long a node that runs may leave its API unanswered before it is given up
POLL_SECONDS = 1.0


def exists() -> bool:
    """Whether kind knows the cluster, alive or dead."""
    return NAME in run(["kind", "get", "clusters"]).split()


def runs() -> bool:
    """Whether the node's container runs, whichever cache the cluster was made under."""
    return NODE in docker("container", "ls", "--format={{.Names}}").split()


def is_alive() -> bool:
    """Whether our kubeconfig leads to this cluster and its API answers."""
    return _context() == f"kind-{NAME}" and succeeds(
        ["kubectl", "get", "--raw", "/readyz", "--request-timeout=5s"], timeout_seconds=15
    )


def ensure_cluster(node_image: str) -> None:
    """Leave with a cluster whose API answers; one that died with its Docker engine is made anew."""
    if exists():
        if is_alive() or (runs() and _comes_to_answer()):
            return
        say(f"the cluster {NAME} does not answer any more; making it anew")
        delete()
    need_ports()
    with step(f"creating the kind cluster {NAME}"):
        run_logged(
            [
                "kind",
                "create",
                "cluster",
                f"--config={paths.repository_root() / 'kind-config.yaml'}",
                f"--image={node_image}",
                f"--kubeconfig={paths.kubeconfig()}",
                f"--wait={READY_SECONDS}s",
            ],
            log="kind-create",
        )


def _context() -> str:
    """The cluster our kubeconfig leads to; "" where there is no such file or it leads nowhere."""
    if not paths.kubeconfig().exists():
        return ""
    return run(["kubectl", "config", "view", "--output=jsonpath={.current-context}"]).strip()


def _comes_to_answer() -> bool:
    """Whether the API answers within SLOW_SECONDS, asked through a kubeconfig written afresh."""
    deadline = time.monotonic() + SLOW_SECONDS
    export = ["kind", "export", "kubeconfig", f"--name={NAME}", f"--kubeconfig={paths.kubeconfig()}"]
    with step(f"the cluster {NAME} runs; asking its API for up to {SLOW_SECONDS:.0f} s"):
        while True:
            if succeeds(export) and is_alive():
                return True
            if time.monotonic() > deadline or not runs():
                return False
            time.sleep(POLL_SECONDS)  # polling an outside program: it has no event to wait for


def load(images: Sequence[str]) -> None:
    """Copy images from Docker into the node, those it lacks."""
    unknown = [image for image in images if not has_image(image)]
    if unknown:
        raise InputError(
            f"Docker has no image {', '.join(unknown)}; build it first: python3 -m cluster build NAME"
        )
    held = set(docker("exec", NODE, "ctr", "--namespace=k8s.io", "images", "ls", "-q").split())
    todo = [image for image in images if qualified(image) not in held]
    if todo:
        with step(f"loading {', '.join(todo)} into the cluster"):
            run_logged(["kind", "load", "docker-image", f"--name={NAME}", *todo], log="kind-load")


def qualified(image: str) -> str:
    """The name containerd gives an image: with its registry, and Docker Hub's `library/`."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def delete() -> None:
    """Remove the cluster; images and caches stay."""
    with step(f"deleting the kind cluster {NAME}"):
        run_logged(
            ["kind", "delete", "cluster", f"--name={NAME}", f"--kubeconfig={paths.kubeconfig()}"],
            log="kind-delete",
        )
