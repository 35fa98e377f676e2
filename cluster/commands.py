"""Runs programs; a bad end says what ran, its last lines, and where the rest of its output is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cluster import paths
from cluster.errors import CommandError

TAIL_LINES = 20
SYSTEM_PLACES = ("/usr/sbin", "/sbin")  # debootstrap and dockerd, which a user's PATH may lack
TIMED_OUT = 124  # the exit code coreutils' `timeout` gives


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment every program gets: our programs first on PATH, root's last, our kubeconfig."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(paths.bin_dir()), os.environ.get("PATH", os.defpath), *SYSTEM_PLACES]),
        "KUBECONFIG": str(paths.kubeconfig()),
        **(extra or {}),
    }


def run(
    argv: Sequence[str],
    *,
    stdin: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float | None = None,
) -> str:
    """Run to the end and return standard output; CommandError where it ends with anything but 0."""
    try:
        done = subprocess.run(
            list(argv),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            cwd=cwd,
            env=environment(env),
            timeout=timeout_seconds,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise _failed(argv, 127, f"{error.filename}: no such file") from error
    except subprocess.TimeoutExpired as error:
        raise _failed(argv, TIMED_OUT, f"not done after {timeout_seconds} s") from error
    if done.returncode != 0:
        raise _failed(argv, done.returncode, done.stdout + done.stderr)
    return done.stdout


def run_logged(
    argv: Sequence[str],
    *,
    log: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float | None = None,
) -> Path:
    """Run a long program with all its output in <log dir>/<log>.log, whose path is returned."""
    target = _log_file(log)
    with target.open("wb") as sink:
        try:
            code = subprocess.run(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=environment(env),
                timeout=timeout_seconds,
                check=False,
            ).returncode
        except FileNotFoundError as error:
            raise _failed(argv, 127, f"{error.filename}: no such file") from error
        except subprocess.TimeoutExpired as error:
            raise CommandError(argv, TIMED_OUT, _tail(target), target) from error
    if code != 0:
        raise CommandError(argv, code, _tail(target), target)
    return target


def succeeds(argv: Sequence[str], *, timeout_seconds: float = 30) -> bool:
    """Whether the program exists and ends with 0 in time; for questions, not for work."""
    try:
        return (
            subprocess.run(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(),
                timeout=timeout_seconds,
                check=False,
            ).returncode
            == 0
        )
    except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
        return False


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    """kubectl against the cluster `serinus`; returns standard output."""
    return run(["kubectl", *arguments], stdin=stdin)


def kubectl_json(*arguments: str) -> Any:
    """`kubectl … -o json`, parsed."""
    return json.loads(kubectl(*arguments, "-o", "json"))


def helm(*arguments: str, stdin: str | None = None) -> str:
    """helm against the cluster `serinus`; returns standard output."""
    return run(["helm", *arguments], stdin=stdin)


def _failed(argv: Sequence[str], code: int, output: str) -> CommandError:
    unique = f"failed-{Path(argv[0]).name}-{time.time_ns()}-{threading.get_ident()}"
    log = _log_file(unique)
    log.write_text(output, encoding="utf-8", errors="replace")
    return CommandError(argv, code, _tail(log), log)


def _log_file(name: str) -> Path:
    folder = paths.log_dir()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.log"


def _tail(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if line.strip()][-TAIL_LINES:]
