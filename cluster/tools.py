"""The programs a person needs on PATH: kind, kubectl, helm, kubectl-argo-rollouts, promtool."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import Future

from cluster import paths, registry
from cluster.commands import run_logged, succeeds
from cluster.compile import compile_all
from cluster.engine import docker, docker_client, has_image
from cluster.pins import Pin
from cluster.programs import PROGRAMS
from cluster.progress import step

# Which published image holds a program, and where in it. kind is in none: it is compiled, in 4 s.
INSIDE = {
    "kubectl": ("kubernetes", "/usr/bin/kubectl"),
    "helm": ("helm", "/usr/bin/helm"),
    "kubectl-argo-rollouts": ("kubectl-argo-rollouts", "/bin/kubectl-argo-rollouts"),
    "promtool": ("prometheus", "/bin/promtool"),
}


def ensure_tools(pins: Mapping[str, Pin]) -> None:
    """Leave with every tool in the cache's bin/."""
    pulled = registry.pulls(pins)
    taken = INSIDE if pulled else {}
    compiled = [program for program in PROGRAMS if program.on_path and program.name not in taken]
    compile_all(compiled, pins, {program.name: Future() for program in compiled})
    for program, (component, place) in taken.items():
        _copy_out(program, pins[component].published, place)


def _copy_out(program: str, image: str, place: str) -> None:
    target = paths.bin_dir() / program
    note = paths.built_dir() / "recipes" / program
    if target.exists() and note.exists() and note.read_text(encoding="utf-8") == image:
        return
    with step(f"taking {program} out of {image}"):
        if not has_image(image):
            run_logged([docker_client(), "pull", image], log=f"pull-{image}")
        container = f"serinus-tool-{uuid.uuid4().hex[:8]}"
        docker("create", "--name", container, image)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            docker("cp", "--follow-link", f"{container}:{place}", str(target))
        finally:
            succeeds([docker_client(), "rm", container])
    target.chmod(0o755)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(image, encoding="utf-8")
