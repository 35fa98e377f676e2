"""Installs, upgrades and takes back releases with Helm's defaults, as a user would by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.commands import helm, kubectl, run
from cluster.paths import cache_dir, repository_root
from demo.cluster_reads import Target
from demo.errors import Unprepared

CHARTS = repository_root() / "charts"
SYSTEM_NAMESPACE = "serinus-system"
REFEREE = "deployment/rollout-policies-referee"
HELM_SECONDS = 300.0


@dataclass(frozen=True)
class Images:
    """Our images, as `repository:tag`, by what they hold."""

    model_server: str
    referee: str
    loadtest: str
    model: str
    golden_set: str


def images_of(built: Mapping[str, str]) -> Images:
    """The images that `make images` says it built."""
    try:
        return Images(
            model_server=built["model-server"],
            referee=built["referee"],
            loadtest=built["loadtest"],
            model=built["model-moonshine-tiny-en"],
            golden_set=built["golden-set"],
        )
    except KeyError as error:
        raise Unprepared(
            f"build/images.json must name the image {error}, not only {sorted(built)}"
        ) from error


def built_images() -> Images:
    """The images of build/images.json."""
    table = repository_root() / "build" / "images.json"
    try:
        return images_of(json.loads(table.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Unprepared(f"{table} must be what `make images` writes: {error}") from error


def golden_audio() -> Path:
    """The folder of clips that users speak: those of the golden set, as `make images` assembled it."""
    folder = cache_dir() / "golden" / "asterisk-en"
    if not folder.is_dir():
        raise Unprepared(f"{folder} is missing: run `make images` first")
    return folder


def repository_and_tag(image: str) -> tuple[str, str]:
    """The two parts that a chart wants of `repository:tag`."""
    repository, _, tag = image.rpartition(":")
    if not repository or "/" in tag:
        raise Unprepared(f"an image must be repository:tag, not {image!r}")
    return repository, tag


def install_policies(images: Images) -> None:
    """The gates' templates and the referee with its golden set, once a cluster."""
    repository, tag = repository_and_tag(images.referee)
    loadtest, loadtest_tag = repository_and_tag(images.loadtest)
    helm(
        *("upgrade", "--install", "rollout-policies", str(CHARTS / "rollout-policies")),
        *("--namespace", SYSTEM_NAMESPACE, "--create-namespace"),
        *("--set", f"image.repository={repository}", "--set", f"image.tag={tag}"),
        *("--set", f"goldenSets[0].name=asterisk-en,goldenSets[0].image={images.golden_set}"),
        *("--set", f"loadtest.repository={loadtest},loadtest.tag={loadtest_tag}"),
        *("--set", f"loadtest.clipsImage={images.golden_set}"),
    )
    # A referee that starts anew has no evidence of an earlier run with the same releases.
    kubectl("rollout", "restart", REFEREE, "-n", SYSTEM_NAMESPACE)
    kubectl("rollout", "status", REFEREE, "-n", SYSTEM_NAMESPACE, "--timeout=180s")


def install_model(target: Target, images: Images, values: Sequence[Path]) -> None:
    """The first release of a model: ungated, since there is nothing to compare it with."""
    repository, tag = repository_and_tag(images.model_server)
    helm(
        *("install", target.release, str(CHARTS / "model-server")),
        *("--namespace", target.namespace, "--create-namespace"),
        *(part for file in values for part in ("-f", str(file))),
        *("--set", f"image.repository={repository}", "--set", f"image.tag={tag}"),
        *("--set", f"model.image={images.model}"),
    )


def upgrade_model(target: Target, values: Path) -> None:
    """Ship what the values file changes; everything else stays as it was released last."""
    helm(
        *("upgrade", target.release, str(CHARTS / "model-server"), "--namespace", target.namespace),
        *("--reuse-values", "-f", str(values)),
    )


def roll_back(target: Target, revision: int | None = None) -> None:
    """Bring the spec back to the release before, or to a revision."""
    helm("rollback", target.release, *([str(revision)] if revision else []), "--namespace", target.namespace)


def remove_namespace(namespace: str) -> None:
    """Delete a namespace with all that an earlier run left in it, and wait until it is gone."""
    run(
        ["kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--wait=true", "--timeout=180s"],
        timeout_seconds=HELM_SECONDS,
    )
