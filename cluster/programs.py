"""The table of programs compiled here, in the order they are built: what others wait for comes first.

Seconds are what each took on two idle cores from empty caches; they only serve to say how long is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster import paths
from cluster.content import digest
from cluster.go_toolchain import VERSION
from cluster.pins import Pin


@dataclass(frozen=True)
class Program:
    """A Go main package, the wrapper module that pins it, and how to link it.

    `version_variables` are linked to the pin's version, without its `v` where the program `says_v` itself.
    """

    name: str
    wrapper: str
    package: str
    seconds: int
    pin: str | None = None
    version_variables: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    tags: str = ""
    on_path: bool = False
    says_v: bool = False

    @property
    def target(self) -> Path:
        """Where the compiled program lies."""
        return (paths.bin_dir() if self.on_path else paths.built_dir()) / self.name

    def build_arguments(self, pins: Mapping[str, Pin]) -> list[str]:
        """The arguments of `go build` before the package."""
        version = pins[self.pin].version if self.pin else ""
        version = version.removeprefix("v") if self.says_v else version
        values = [f"{variable}={version}" for variable in self.version_variables] + list(self.linked)
        ldflags = " ".join(["-s", "-w", *(f"-X {value}" for value in values)])
        return ["-trimpath", *(["-tags", self.tags] if self.tags else []), "-ldflags", ldflags]

    def recipe(self, pins: Mapping[str, Pin]) -> str:
        """A digest of all that decides what the program is: flags, pinned modules, our own main, Go."""
        folder = paths.from_source_dir() / "go" / self.wrapper
        sources = [file.read_bytes() for file in sorted(folder.glob("go.*")) + sorted(folder.glob("*.go"))]
        return digest([VERSION, self.package, *self.build_arguments(pins), *sources])


ARGO = "github.com/argoproj/argo-rollouts"
ISTIO = "istio.io/istio"
# kubeadm parses its own version, so Kubernetes programs do not run without these.
_KUBERNETES_VERSION = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
_KUBERNETES_FIXED = tuple(
    f"{package}.{variable}"
    for package in _KUBERNETES_VERSION
    for variable in (
        "gitMajor=1",
        "gitMinor=34",
        "gitCommit=module",
        "gitTreeState=clean",
        "buildDate=2026-01-01T00:00:00Z",
    )
)


def _kubernetes(name: str, seconds: int, *, on_path: bool = False) -> Program:
    return Program(
        name,
        "kubernetes",
        f"k8s.io/kubernetes/cmd/{name}",
        seconds,
        "kubernetes",
        tuple(f"{package}.gitVersion" for package in _KUBERNETES_VERSION),
        _KUBERNETES_FIXED,
        on_path=on_path,
    )


def _argo(name: str, seconds: int, *, on_path: bool = False) -> Program:
    return Program(
        name,
        "argo-rollouts",
        f"{ARGO}/cmd/{name}",
        seconds,
        "argo-rollouts",
        (f"{ARGO}/utils/version.version",),
        on_path=on_path,
        says_v=True,
    )


def _istio(name: str, seconds: int) -> Program:
    return Program(
        name, "istio", f"{ISTIO}/pilot/cmd/{name}", seconds, "istiod", (f"{ISTIO}/pkg/version.buildVersion",)
    )


PROGRAMS = (
    Program(
        "helm",
        "helm",
        "helm.sh/helm/v4/cmd/helm",
        114,
        "helm",
        ("helm.sh/helm/v4/internal/version.version",),
        on_path=True,
    ),
    _argo("kubectl-argo-rollouts", 120, on_path=True),
    _argo("rollouts-controller", 46),
    Program("kind", "kind", "sigs.k8s.io/kind", 4, "kind", on_path=True),
    _kubernetes("kubectl", 30, on_path=True),
    _kubernetes("kube-apiserver", 200),
    _kubernetes("kubelet", 50),
    _kubernetes("kubeadm", 15),
    _kubernetes("kube-controller-manager", 62),
    _kubernetes("kube-scheduler", 10),
    _kubernetes("kube-proxy", 10),
    Program(
        "prometheus",
        "prometheus",
        "github.com/prometheus/prometheus/cmd/prometheus",
        107,
        "prometheus",
        ("github.com/prometheus/common/version.Version",),
        tags="remove_all_sd,enable_kubernetes_sd",
    ),
    Program(
        "promtool",
        "prometheus",
        "github.com/prometheus/prometheus/cmd/promtool",
        20,
        "prometheus",
        ("github.com/prometheus/common/version.Version",),
        tags="remove_all_sd,enable_kubernetes_sd",
        on_path=True,
    ),
    _istio("pilot-discovery", 225),
    _istio("pilot-agent", 8),
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", 24, "etcd"),
    Program("coredns", "coredns", ".", 60, "coredns"),
    Program("pause", "pause", ".", 1),
)
