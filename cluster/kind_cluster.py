"""The kind cluster `serinus`: created from kind-config.yaml, found again, given images, deleted."""

from __future__ import annotations

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


def exists() -> bool:
    """Whether kind knows the cluster, alive or dead."""
    return NAME in run(["kind", "get", "clusters"]).split()


def is_alive() -> bool:
    """Whether the cluster's API answers."""
    return paths.kubeconfig().exists() and succeeds(
        ["kubectl", "get", "--raw", "/readyz", "--request-timeout=5s"], timeout_seconds=15
    )


def ensure_cluster(node_image: str) -> None:
    """Leave with a cluster whose API answers; one that died with its Docker engine is made anew."""
    if exists():
        if is_alive():
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
