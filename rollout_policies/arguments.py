"""Checks that what an argument names can be read, or written, before a command begins; knows nothing of what
is in it."""

import os
import stat
from pathlib import Path

from rollout_policies.errors import OptionError
from rollout_policies.golden.manifest import MANIFEST


def readable(argument: str, path: Path, expected: str, inside: str = "") -> Path:
    """Return the path of a file with something in it, or of a folder that has such a file `inside`; else an
    OptionError says which argument it was, and what is `expected`."""
    reason = _trouble(path / inside)
    if reason:
        where = f"{inside}: " if inside else ""
        raise OptionError(f"{argument} must be {expected}, not {path} ({where}{reason})")
    return path


def golden_folder(argument: str, path: Path) -> Path:
    """Return the path of a golden set's folder; else an OptionError."""
    return readable(argument, path, f"a folder with a golden set's {MANIFEST}", MANIFEST)


def writable(argument: str, path: Path) -> Path:
    """Return the path of a file that is there, or can be made, to be written; else an OptionError."""
    kept = path.is_file() or (path.parent.is_dir() and not path.is_dir())
    if not kept or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OptionError(f"{argument} must be a file in a folder that may be written to, not {path}")
    return path


def made_folder(argument: str, path: Path) -> Path:
    """Return the path of a folder, made where it was not there; else an OptionError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"{argument} must be a folder, not {path} ({error.strerror})") from error
    return path


def _trouble(file: Path) -> str:
    try:
        status = file.stat()
        # A pipe can be read once only, and is left to the reader.
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            file.open("rb").close()
    except OSError as error:
        return error.strerror or str(error)
    return "empty" if stat.S_ISREG(status.st_mode) and status.st_size == 0 else ""
