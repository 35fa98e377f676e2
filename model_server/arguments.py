"""Checks that what an argument names can be read, before a command begins; knows nothing of what is in it."""

import stat
from pathlib import Path

from model_server.errors import OptionError


def readable(argument: str, path: Path, expected: str, inside: str = "") -> None:
    """Raise an OptionError that names the argument and what is `expected`, unless the path is a file with
    something in it, or a folder that has such a file `inside`."""
    reason = _trouble(path / inside)
    if reason:
        where = f"{inside}: " if inside else ""
        raise OptionError(f"{argument} must be {expected}, not {path} ({where}{reason})")


def _trouble(file: Path) -> str:
    try:
        status = file.stat()
        # A pipe can be read once only, and is left to the reader.
        if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
            file.open("rb").close()
    except OSError as error:
        return error.strerror or str(error)
    return "empty" if stat.S_ISREG(status.st_mode) and status.st_size == 0 else ""
