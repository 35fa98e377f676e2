"""Everything that can go wrong here, as one small tree; the command line prints these without a traceback.

ClusterError
├── CommandError        a program ended badly
├── PreconditionError   this machine lacks something: Docker, root, a free port, disk
├── PinsError           manifests/platform/pins.toml is not what it must be
└── InputError          an argument or environment variable is outside what is allowed
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path


class ClusterError(Exception):
    """The root of the errors a user can act on."""


class CommandError(ClusterError):
    """A program's bad end: what ran, how it ended, its last 20 lines, and where the rest is."""

    def __init__(self, argv: Sequence[str], exit_code: int, tail: Sequence[str], log: Path) -> None:
        self.argv = tuple(argv)
        self.exit_code = exit_code
        self.tail = tuple(tail)
        self.log = log
        lines = "".join(f"\n    {line}" for line in self.tail) or "\n    (it printed nothing)"
        super().__init__(
            f"`{shlex.join(self.argv)}` ended with exit code {exit_code}, not 0; its last lines:{lines}\n"
            f"  everything it printed: {log}"
        )


class PreconditionError(ClusterError):
    """This machine cannot run the cluster as it is."""


class PinsError(ClusterError):
    """The table of pinned components is malformed."""


class InputError(ClusterError):
    """An argument or environment variable is not one of the allowed values."""
