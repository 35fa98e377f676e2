"""Brings a golden set from a URL: downloaded, its digest checked, unpacked, read; in this order.

The set lies at the root of the archive or in its one folder. The directory appears whole or stays as it was.
"""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.archive import ArchiveLimits, unpack
from rollout_policies.golden.download import DownloadLimits, Progress, check_url, download
from rollout_policies.golden.manifest import MANIFEST, read_golden_set

DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def fetch(
    url: str,
    digest: str,
    out: Path,
    progress: Progress,
    downloading: DownloadLimits | None = None,
    unpacking: ArchiveLimits | None = None,
) -> int:
    """Write the set of an archive into `out`, which must be new, empty or hold a set; return the number of
    its clips.

    `digest` is sha256: and 64 hexadecimal digits, that of the archive's bytes. GoldenSetError says what was
    wrong with the URL, its answer, the archive or the set.
    """
    check_url(url)
    expected = sha256_of(digest)
    _check_replaceable(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        archive, stage = Path(scratch) / "archive", Path(scratch) / "set"
        download(url, archive, downloading or DownloadLimits(), progress)
        found = _file_sha256(archive)
        if found != expected:
            raise GoldenSetError(f"{url}: its SHA-256 must be {expected}, not {found}; nothing was unpacked")
        stage.mkdir()
        try:
            unpack(archive, stage, unpacking or ArchiveLimits())
        except GoldenSetError as error:
            raise GoldenSetError(f"the archive of {url}: {error}") from error
        folder = _set_within(stage)
        golden = read_golden_set(out.name, folder)
        if out.exists():
            shutil.rmtree(out)
        folder.replace(out)
    return len(golden.clips)


def sha256_of(digest: str) -> str:
    """Return the hexadecimal digits of a digest; GoldenSetError for another form."""
    form = DIGEST.fullmatch(digest)
    if form is None:
        raise GoldenSetError(f"a digest must be sha256: and 64 digits from 0 to 9 and a to f, not {digest!r}")
    return form[1]


def _set_within(stage: Path) -> Path:
    """Return the folder of the manifest: the root, or the one folder that everything is in."""
    inside = list(stage.iterdir())
    return stage if (stage / MANIFEST).exists() or len(inside) != 1 else inside[0]


def _check_replaceable(out: Path) -> None:
    if out.exists() and not (out.is_dir() and ((out / MANIFEST).exists() or not any(out.iterdir()))):
        raise GoldenSetError(f"--out must be new, empty or a golden set to replace, not {out}")


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
