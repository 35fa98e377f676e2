"""Installs the Debian packages this package itself needs, saying so; nothing the second time."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

from cluster.commands import environment, run, run_logged, succeeds
from cluster.errors import PreconditionError
from cluster.progress import step

LISTS = Path("/var/lib/apt/lists")
UPDATE_SECONDS = 300.0
_ONE_AT_A_TIME = threading.Lock()


def ensure_program(program: str, package: str) -> None:
    """Install `package` where `program` is not on PATH."""
    with _ONE_AT_A_TIME:
        if shutil.which(program, path=environment()["PATH"]):
            return
        _install(program, package)


def ensure_package(package: str, purpose: str) -> None:
    """Install `package`, for `purpose`, which the caller found missing."""
    with _ONE_AT_A_TIME:
        _install(purpose, package)


def knows(package: str) -> bool:
    """Whether apt has a version of `package` to install; False where there is no apt."""
    if not shutil.which("apt-cache", path=environment()["PATH"]):
        return False
    if os.geteuid() == 0 and not any(LISTS.glob("*_Packages*")):
        succeeds(
            ["apt-get", "update", "-q"], timeout_seconds=UPDATE_SECONDS
        )  # a fresh container has no lists
    lines = run(["apt-cache", "policy", package], env={"LC_ALL": "C"}).splitlines()
    candidates = [line.split()[1] for line in lines if line.strip().startswith("Candidate: ")]
    return any(candidate != "(none)" for candidate in candidates)


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
