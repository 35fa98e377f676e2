"""Fetches pinned Debian packages and reads files out of them; knows nothing of clips."""

import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rollout_policies.golden.errors import DigestError, FetchError, ManifestError


@dataclass(frozen=True)
class Package:
    """A Debian package pinned to one version and one SHA-256."""

    name: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name `apt-get download` gives the file (an epoch's colon is written %3a)."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_all.deb"


def read_packages(path: Path) -> dict[str, Package]:
    """Return the pinned packages of a packages.json by name."""
    table = json.loads(path.read_text(encoding="utf-8"))
    return {name: Package(name, row["version"], row["sha256"]) for name, row in table.items()}


def fetch_package(package: Package, cache: Path) -> Path:
    """Return the package's file in the cache, downloading it with apt-get if it is not there yet."""
    kept = cache / package.file_name
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            fetched = _download(package, Path(scratch))
            check_digest(fetched.read_bytes(), package.sha256, package.file_name)
            fetched.replace(kept)
    check_digest(kept.read_bytes(), package.sha256, str(kept))
    return kept


def _download(package: Package, directory: Path) -> Path:
    pin = f"{package.name}={package.version}"
    # Without this, root's apt warns that its unprivileged user cannot write here.
    command = ["apt-get", "download", "--quiet", "-o", "APT::Sandbox::User=root", pin]
    run = _run(command, directory)
    fetched = directory / package.file_name
    if run.returncode != 0 or not fetched.exists():
        said = run.stderr.decode(errors="replace").strip().splitlines()
        raise FetchError(
            f"apt-get download {pin} failed: {said[-1] if said else f'exit code {run.returncode}'} "
            f"(run `apt-get update` first, or put {package.file_name} into the cache directory by hand)"
        )
    return fetched


def _run(command: list[str], directory: Path) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, cwd=directory, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise FetchError(f"{command[0]} is not installed; it comes with Debian and Ubuntu") from error


def read_members(deb: Path, wanted: Iterable[str]) -> dict[str, bytes]:
    """Return the bytes of the wanted files of a .deb by path; a missing one is an error."""
    run = _run(["dpkg-deb", "--fsys-tarfile", str(deb.resolve())], deb.parent)
    if run.returncode != 0:
        raise FetchError(f"dpkg-deb cannot read {deb.name}: {run.stderr.decode(errors='replace').strip()}")
    missing = set(wanted)
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(run.stdout), mode="r:") as archive:
        for entry in archive:
            path = entry.name.removeprefix("./")
            content = archive.extractfile(entry) if path in missing else None
            if content is not None:
                found[path] = content.read()
                missing.discard(path)
    if missing:
        raise ManifestError(f"{deb.name} holds no file {sorted(missing)[0]} ({len(missing)} missing)")
    return found


def check_digest(content: bytes, expected: str, name: str) -> None:
    """Raise DigestError, naming the file and both digests, unless the content has the expected SHA-256."""
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise DigestError(f"{name}: SHA-256 is {found}, expected {expected}")
