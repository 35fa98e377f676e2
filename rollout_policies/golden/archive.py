"""Unpacks a tar archive of a stranger: regular files and folders only, bounded in all; knows no golden set.

What such an archive might try, and what stops it: names that lead elsewhere, links, devices and files that
are in it twice are refused; entries, bytes and depth are counted; gzip swells into a file, no further than
the bound; and a header (a name of a gigabyte, a map of a million holes) is read no further than its own.
"""

import gzip
import io
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from rollout_policies.errors import GoldenSetError

GZIP_MAGIC = b"\x1f\x8b"
CHUNK_BYTES = 1 << 20
# Of one entry: the longest name there is (4096 bytes) and every field that tar writes fit in many times.
LARGEST_HEADER_BYTES = 1 << 18
LONGEST_PART_BYTES, DEEPEST = 255, 16


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may hold: entries, bytes of one file, and bytes of the tar that it is or swells to."""

    max_entries: int = 20_000
    # Nearly an hour at 16 kHz. Whoever reads a set holds one file in memory.
    max_file_bytes: int = 100_000_000
    max_bytes: int = 2 * 10**9


class Metered(io.RawIOBase):
    """A file of which only so many bytes may be read as were last allowed; GoldenSetError beyond them."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file, self._allowed = file, 0

    def allow(self, size: int) -> None:
        """Let the next bytes be read, so many and no more."""
        self._allowed = size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        if not 0 <= size <= self._allowed:
            raise GoldenSetError(f"a header that is larger than {LARGEST_HEADER_BYTES} bytes")
        self._allowed -= size
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return where it is."""
        return self._file.tell()


def unpack(archive: Path, folder: Path, limits: ArchiveLimits) -> None:
    """Unpack a .tar or .tar.gz into an empty folder, beside which there is room for the .tar.

    GoldenSetError for whatever is not plain files. Owners, times and modes of the archive are not kept.
    """
    inflated = folder.with_name(f"{folder.name}.tar")
    try:
        tar = _inflated(archive, inflated, limits)
        with tar.open("rb") as file:
            _unpack(Metered(file), folder, limits)
    except (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, ValueError) as error:
        raise GoldenSetError(f"must be a whole .tar or .tar.gz: {error or 'it ends too soon'}") from error
    finally:
        inflated.unlink(missing_ok=True)


def _inflated(archive: Path, inflated: Path, limits: ArchiveLimits) -> Path:
    """Return the .tar, which is the archive itself or is written to `inflated`."""
    with archive.open("rb") as file:
        compressed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    size = 0 if compressed else archive.stat().st_size
    if compressed:
        with gzip.open(archive) as reader, inflated.open("wb") as writer:
            while size <= limits.max_bytes and (chunk := reader.read(CHUNK_BYTES)):
                size += len(chunk)
                writer.write(chunk)
    if size > limits.max_bytes:
        raise GoldenSetError(f"more than {limits.max_bytes} bytes once unpacked")
    return inflated if compressed else archive


def _unpack(file: Metered, folder: Path, limits: ArchiveLimits) -> None:
    names: set[PurePosixPath] = set()
    file.allow(LARGEST_HEADER_BYTES)
    with tarfile.open(fileobj=file, mode="r:") as archive:
        entries = 0
        while (entry := archive.next()) is not None:
            entries += 1
            if entries > limits.max_entries:
                raise GoldenSetError(f"more than {limits.max_entries} entries")
            name = _checked(entry, limits)
            if name in names:
                raise GoldenSetError(f"{entry.name!r} is in it twice")
            # A folder is made with its first file, and may be named as often as tar likes.
            if entry.isreg():
                names.add(name)
                file.allow(entry.size)
                _extract(archive, entry, folder)
            file.allow(LARGEST_HEADER_BYTES)


def _extract(archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    try:
        archive.extract(entry, folder, set_attrs=False, filter="data")
    except OSError as error:
        raise GoldenSetError(f"{entry.name!r} cannot be unpacked: {error.strerror}") from error


def _checked(entry: tarfile.TarInfo, limits: ArchiveLimits) -> PurePosixPath:
    """Return where an entry goes, from the folder."""
    name, shown = PurePosixPath(entry.name), repr(entry.name[:100])
    if entry.issparse() or not (entry.isreg() or entry.isdir()):
        raise GoldenSetError(f"{shown} is no plain file (links and devices are not unpacked)")
    if name.is_absolute() or ".." in name.parts or "\0" in entry.name:
        raise GoldenSetError(f"{shown} leads out of the archive")
    if len(name.parts) > DEEPEST or any(len(part.encode()) > LONGEST_PART_BYTES for part in name.parts):
        raise GoldenSetError(
            f"{shown} is deeper than {DEEPEST} folders or has a part of more than {LONGEST_PART_BYTES} bytes"
        )
    if not 0 <= entry.size <= limits.max_file_bytes:
        raise GoldenSetError(f"{shown} has {entry.size} bytes, more than {limits.max_file_bytes}")
    if entry.isreg() and not name.parts:
        raise GoldenSetError(f"{shown} has no name")
    return name
