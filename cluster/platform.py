"""What a cluster needs before Serinus: Istio with one gateway, Argo Rollouts, Prometheus.

The same charts, values and manifests whether images were pulled or built; only the references differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cluster import paths
from cluster.commands import helm, kubectl, succeeds
from cluster.content import digest, files_digest
from cluster.errors import ClusterError
from cluster.go_toolchain import module_dir
from cluster.images import Images
from cluster.programs import ARGO, ISTIO
from cluster.progress import step

READY_SECONDS = 300  # where images are pulled; with all of them in the node it takes about 40
DEPLOYMENTS = (
    ("istio-system", "istiod"),
    ("istio-ingress", "gateway"),
    ("argo-rollouts", "argo-rollouts"),
    ("monitoring", "prometheus"),
)
# A ConfigMap that says which platform is installed, so that a second run has nothing to do.
NOTE = ("kube-system", "serinus-platform")


@dataclass(frozen=True)
class Chart:
    """One of Istio's charts, as the module ships it."""

    release: str
    namespace: str
    path: str
    values: str | None = None
    settings: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """What `helm template` and `helm upgrade --install` both take."""
        folder = Path(module_dir("istio", ISTIO)) / "manifests" / "charts" / self.path
        values = ["--values", str(paths.platform_dir() / self.values)] if self.values else []
        settings = [part for setting in self.settings for part in ("--set-string", setting)]
        return [self.release, str(folder), "--namespace", self.namespace, *values, *settings]


def charts(images: Images) -> tuple[Chart, ...]:
    """Istio's charts in the order they must be installed."""
    return (
        Chart("istio-base", "istio-system", "base"),
        Chart(
            "istiod",
            "istio-system",
            "istio-control/istio-discovery",
            "istiod.values.yaml",
            (f"image={images.istiod}", f"global.proxy.image={images.proxyv2}"),
        ),
        Chart("gateway", "istio-ingress", "gateway", "gateway.values.yaml"),
    )


def argo_rollouts(images: Images) -> str:
    """The module's own install.yaml with our image, never pulled when it is there."""
    install = Path(module_dir("argo-rollouts", ARGO)) / "manifests" / "install.yaml"
    manifest = install.read_text(encoding="utf-8")
    with_image = replace_image(manifest, "quay.io/argoproj/argo-rollouts", images.argo_rollouts)
    return with_image.replace("imagePullPolicy: Always\n", "imagePullPolicy: IfNotPresent\n")


def prometheus(images: Images) -> str:
    """prometheus.yaml with the given image."""
    manifest = (paths.platform_dir() / "prometheus.yaml").read_text(encoding="utf-8")
    return replace_image(manifest, "docker.io/prom/prometheus", images.prometheus)


def replace_image(manifest: str, repository: str, reference: str) -> str:
    """The manifest with its one image of a repository replaced; ClusterError where it has another number."""
    replaced, count = re.subn(rf"(image: ){re.escape(repository)}[:@]\S+", rf"\g<1>{reference}", manifest)
    if count != 1:
        raise ClusterError(f"the manifest must name an image of {repository} once, not {count} times")
    return replaced


def render(images: Images) -> str:
    """All of the platform as one YAML stream, as it would be installed."""
    rendered = [helm("template", *chart.arguments(), "--include-crds") for chart in charts(images)]
    ours = [_file("gateway.yaml"), argo_rollouts(images), prometheus(images)]
    return "\n---\n".join([_file("namespaces.yaml"), *rendered, *ours])


def ensure_platform(images: Images) -> None:
    """Install or change what is not installed as wanted, and wait until it is ready."""
    wanted = _digest(images)
    namespace, name = NOTE
    held = succeeds(["kubectl", "get", "configmap", "-n", namespace, name]) and kubectl(
        "get", "configmap", "-n", namespace, name, "-o", "jsonpath={.data.digest}"
    )
    if held != wanted:
        _install(images)
    with step("waiting for the platform"):
        for place, deployment in DEPLOYMENTS:
            kubectl(
                "rollout", "status", f"-n={place}", f"deployment/{deployment}", f"--timeout={READY_SECONDS}s"
            )
    if held != wanted:
        apply(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
            f'data: {{digest: "{wanted}"}}\n'
        )


def apply(manifest: str, *arguments: str) -> None:
    """Server-side apply, in our name, of what only we own."""
    how = ("--server-side", "--force-conflicts", "--field-manager=serinus-cluster")
    kubectl("apply", *how, *arguments, "-f", "-", stdin=manifest)


def _install(images: Images) -> None:
    with step("installing Istio, Argo Rollouts and Prometheus"):
        # Before kube-proxy works a call to the API leaves the node, and Argo's controller gives up at once.
        kubectl("rollout", "status", "-n=kube-system", "daemonset/kube-proxy", f"--timeout={READY_SECONDS}s")
        apply(_file("namespaces.yaml"))
        jobs = (
            lambda: _install_istio(images),
            lambda: apply(argo_rollouts(images), "--namespace=argo-rollouts"),
            lambda: apply(prometheus(images)),
        )
        with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
            for job in [pool.submit(job) for job in jobs]:
                job.result()


def _install_istio(images: Images) -> None:
    for chart in charts(images):
        # Legacy, since Helm 4's own wait does not end for Rollouts and one way of waiting is enough here.
        helm("upgrade", "--install", *chart.arguments(), "--wait=legacy", f"--timeout={READY_SECONDS}s")
    apply(_file("gateway.yaml"))


def _file(name: str) -> str:
    return (paths.platform_dir() / name).read_text(encoding="utf-8")


def _digest(images: Images) -> str:
    folder = paths.platform_dir()
    files: Sequence[Path] = [file for file in folder.iterdir() if file.is_file()]
    return digest([files_digest(folder, files), repr(images)])
