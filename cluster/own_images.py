"""Builds an image of this repository, images/NAME/Dockerfile, tagged by the content of all it copies."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster import engine, paths, registry, rootfs
from cluster.commands import run_logged
from cluster.content import files_digest
from cluster.errors import InputError
from cluster.images import data_base_reference, ensure_data_base
from cluster.pins import Pin
from cluster.progress import step

CA_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
# Build arguments a Dockerfile may declare and the environment may set.
FROM_ENVIRONMENT = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
NEVER_INPUTS = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class Variant:
    """One image of the several a Dockerfile can make: its build arguments, and a stage if not the last."""

    arguments: tuple[tuple[str, str], ...] = ()
    target: str = ""

    @property
    def words(self) -> list[str]:
        """What tells it from the others, for its tag."""
        return [*(value for _, value in self.arguments), *filter(None, [self.target])]


PLAIN = Variant()


def build_own(
    name: str, pins: Mapping[str, Pin], *, folder: Path | None = None, variant: Variant = PLAIN
) -> str:
    """Build images/NAME unless its tag exists; return the tag. The context is the repository, or `folder`."""
    dockerfile = paths.repository_root() / "images" / name / "Dockerfile"
    if not dockerfile.is_file():
        known = sorted(file.parent.name for file in dockerfile.parent.parent.glob("*/Dockerfile"))
        raise InputError(f"there is no image {name!r}; images/ has {', '.join(known) or 'none'}")
    context = (folder or paths.repository_root()).resolve()
    text = dockerfile.read_text(encoding="utf-8")
    arguments = build_arguments(text, pins, variant)
    tag = "-".join([*variant.words, _content(context, dockerfile, text, arguments)])
    reference = f"serinus/{name}:{tag}"
    if not engine.has_image(reference):
        with step(f"building {reference}"):
            _build(context, dockerfile, reference, arguments, variant.target)
    return reference


def build_arguments(dockerfile: str, pins: Mapping[str, Pin], variant: Variant = PLAIN) -> dict[str, str]:
    """The arguments a Dockerfile gets: the variant's, its base, what the environment says of indexes."""
    declared = dict(re.findall(r"^ARG\s+(\w+)(?:=(\S*))?\s*$", dockerfile, re.MULTILINE))
    for name, _ in variant.arguments:
        if name not in declared:
            raise InputError(f"the Dockerfile has no argument {name!r}; it has {', '.join(declared)}")
    given = dict(variant.arguments)
    given |= {
        name: os.environ[name] for name in FROM_ENVIRONMENT if name in declared and os.environ.get(name)
    }
    if "BASE_IMAGE" in declared:
        data_only = "busybox" in declared["BASE_IMAGE"]
        given["BASE_IMAGE"] = _base(pins, "data-base" if data_only else "python-base")
    return given


def inputs(dockerfile: str, context: Path) -> list[Path]:
    """Every file below the context that a Dockerfile's COPY, ADD or bind mount names."""
    joined = dockerfile.replace("\\\n", " ")
    sources: list[str] = re.findall(r"--mount=type=bind,(?:\S+,)?source=([^,\s]+)", joined)
    for line in re.findall(r"^(?:COPY|ADD)\s+(.*)$", joined, re.MULTILINE):
        words = line.split()
        if not any(word.startswith("--from=") for word in words):
            sources += [word for word in words if not word.startswith("--")][:-1]
    found: set[Path] = set()
    for source in sources:
        matches = list(context.glob(source.strip("/"))) if source.strip("./") else [context]
        if not matches:
            raise InputError(f"the Dockerfile copies {source!r}, which {context} does not have")
        for match in matches:
            found |= {match} if match.is_file() else {file for file in match.rglob("*") if file.is_file()}
    return sorted(file for file in found if not set(NEVER_INPUTS) & set(file.parts))


def _base(pins: Mapping[str, Pin], kind: str) -> str:
    if registry.pulls(pins):
        return pins[kind].published
    if kind == "data-base":
        ensure_data_base()
        return data_base_reference()
    rootfs.ensure_system(rootfs.PYTHON)
    return rootfs.PYTHON.image


def _content(context: Path, dockerfile: Path, text: str, arguments: Mapping[str, str]) -> str:
    base = [f"{name}={value}" for name, value in sorted(arguments.items())]
    return files_digest(context, inputs(text, context), dockerfile.read_text(encoding="utf-8"), *base)


def _build(
    context: Path, dockerfile: Path, reference: str, arguments: Mapping[str, str], target: str
) -> None:
    given = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
    bundles = [
        place for place in (os.environ.get("SSL_CERT_FILE"), *CA_BUNDLES) if place and Path(place).exists()
    ]
    secret = ["--secret", f"id=ca,src={bundles[0]}"] if bundles else []
    file = ["--file", str(dockerfile), "--tag", reference, *(["--target", target] if target else [])]
    run_logged(
        [engine.docker_client(), "build", *file, *secret, *given, str(context)],
        log=f"build-{reference.partition('/')[2]}",
        env={"DOCKER_BUILDKIT": "1"},
    )
