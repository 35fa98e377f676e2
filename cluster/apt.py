"""Installs the Debian packages this package itself needs, saying so; nothing the second time."""

from __future__ import annotations

import os
import shutil
import threading

from cluster.commands import environment, run_logged
from cluster.errors import PreconditionError
from cluster.progress import step

_ONE_AT_A_TIME = threading.Lock()


def ensure_program(program: str, package: str) -> None:
    """Install `package` where `program` is not on PATH."""
    with _ONE_AT_A_TIME:
        if shutil.which(program, path=environment()["PATH"]):
            return
        _install(program, package)


def _install(program: str, package: str) -> None:
    if not shutil.which("apt-get"):
        raise PreconditionError(
            f"`{program}` is missing and apt-get too; install the equivalent of Debian's `{package}` first"
        )
    if os.geteuid() != 0:
        raise PreconditionError(
            f"`{program}` is missing and user id {os.geteuid()} may not install it; "
            f"as root: apt-get install {package}"
        )
    with step(f"installing Debian package {package}, for {program}"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run_logged(["apt-get", "update", "-q"], log="apt-update", env=quiet)
        run_logged(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", package],
            log=f"apt-{package}",
            env=quiet,
        )
