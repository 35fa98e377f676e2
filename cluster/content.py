"""A short digest of inputs: equal inputs, equal tag, so that what is there is not built again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

LENGTH = 12  # hexadecimal digits: 48 bits, for a handful of images


def digest(parts: Iterable[str | bytes]) -> str:
    """A digest of the parts, in order, and of where one ends and the next begins."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        total.update(f"{len(raw)}:".encode())
        total.update(raw)
    return total.hexdigest()[:LENGTH]


def files_digest(root: Path, files: Sequence[Path], *extra: str) -> str:
    """A digest of files' paths below root, executable bits and bytes, whatever order they come in."""
    parts: list[str | bytes] = [*extra]
    for file in sorted(set(files)):
        executable = "x" if file.stat().st_mode & 0o100 else "-"
        parts += [file.relative_to(root).as_posix(), executable, file.read_bytes()]
    return digest(parts)
