"""What is tried on golden sets: archives and manifests that come from elsewhere; knows nothing of speech."""

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from pathlib import Path

from rollout_policies.golden.archive import ArchiveLimits, unpack
from rollout_policies.golden.configmap import configmap
from rollout_policies.golden.manifest import MANIFEST, read_golden_set

LIMITS = ArchiveLimits(max_entries=20, max_file_bytes=30_000, max_bytes=100_000)
CLIP = b"RIFF speech"
ROW = {
    "audio_filepath": "audio/a.wav",
    "duration": 1.5,
    "text": "please hold",
    "sha256": hashlib.sha256(CLIP).hexdigest(),
}
MANIFESTS = (json.dumps(ROW).encode() + b"\n", b"[" * 100_000)


def archive(form: int) -> bytes:
    """A set as a tar of one form, with a name too long for its header."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as tar:
        for name, content in {MANIFEST: MANIFESTS[0], "audio/a.wav": CLIP, "n" * 120: b"long"}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return written.getvalue()


TARS = tuple(archive(form) for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
ARCHIVES = (*TARS, *(gzip.compress(tar, mtime=0) for tar in TARS))


def check_archive(data: bytes) -> None:
    """What is unpacked are plain files within the folder, no more than allowed."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        (top / "archive").write_bytes(data)
        (top / "set").mkdir()
        unpack(top / "archive", top / "set", LIMITS)
        assert {path.name for path in top.iterdir()} == {"archive", "set"}
        found = [path for path in (top / "set").rglob("*") if not path.is_dir()]
        assert all(path.is_file() and not path.is_symlink() for path in found)
        assert len(found) <= LIMITS.max_entries
        assert sum(path.stat().st_size for path in found) <= LIMITS.max_bytes


def check_manifest(data: bytes) -> None:
    """A set that is taken has words, seconds that are numbers, and files of its own folder."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        (top / "audio").mkdir()
        (top / "audio" / "a.wav").write_bytes(CLIP)
        (top / MANIFEST).write_bytes(data)
        golden = read_golden_set("golden", top)
        for clip in golden.clips:
            assert clip.words >= 1
            assert 0 < clip.duration_seconds < float("inf")
            assert clip.path.resolve().is_relative_to(top.resolve())
        configmap(top, "golden")
