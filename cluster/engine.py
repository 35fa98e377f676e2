"""A Docker engine that answers: the one that runs, else one installed from Debian and started here.

Where this machine's root lacks CAP_SYS_RESOURCE the engine started here uses `bounded_runc` as its runtime.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cluster import apt, paths
from cluster.commands import TAIL_LINES, TIMED_OUT, environment, run, succeeds
from cluster.errors import CommandError, PreconditionError
from cluster.progress import step

CAP_SYS_RESOURCE = 24  # bit number, linux/capability.h
START_SECONDS = 60
PID_FILES = (Path("/var/run/docker.pid"), Path("/var/run/docker/containerd/containerd.pid"))
BUILDX_ALONE = 23  # from this version on, a client without the buildx plugin has no BuildKit


def docker(*arguments: str, stdin: str | None = None) -> str:
    """The docker client; returns standard output."""
    return run([docker_client(), *arguments], stdin=stdin)


@functools.cache
def docker_client() -> str:
    """The first docker client on PATH that can build with BuildKit: it has buildx, or is older than 23."""
    places = [Path(folder) / "docker" for folder in os.get_exec_path()]
    found = [str(place) for place in places if os.access(place, os.X_OK)]
    return next(filter(_has_buildkit, found), found[0] if found else "docker")


def answers() -> bool:
    """Whether a Docker engine answers."""
    return succeeds([docker_client(), "info"], timeout_seconds=20)


def has_image(image: str) -> bool:
    """Whether the engine holds this image."""
    return succeeds([docker_client(), "image", "inspect", image])


def ensure_engine() -> None:
    """Leave with an engine that answers, or say why there can be none."""
    if answers():
        # The engine may have been started here, and the cache that its runtime lies in emptied since.
        if lacks_sys_resource():
            _install_runtime()
        ensure_client()
        return
    if os.geteuid() != 0:
        raise PreconditionError(
            f"no Docker engine answers user id {os.geteuid()}, and only root can start one; "
            "start Docker (or join the group `docker`), or run this as root"
        )
    apt.ensure_program("dockerd", "docker.io")
    ensure_client()
    if answers():  # only the client was missing
        return
    with step("starting the Docker engine"):
        _clear_pid_files(PID_FILES)
        _start()


def ensure_client() -> None:
    """Leave with a docker client, and one that has BuildKit where Debian has it to give.

    Debian 12's docker.io is an engine and a client with BuildKit; Debian 13 has a package for each.
    """
    if not shutil.which("docker"):
        apt.ensure_program("docker", "docker-cli" if apt.knows("docker-cli") else "docker.io")
    docker_client.cache_clear()
    if not _has_buildkit(docker_client()) and apt.knows("docker-buildx"):
        apt.ensure_package("docker-buildx", "docker build")
        docker_client.cache_clear()


def lacks_sys_resource() -> bool:
    """Whether this process's effective capabilities lack CAP_SYS_RESOURCE."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return not int(effective, 16) >> CAP_SYS_RESOURCE & 1


def _clear_pid_files(files: Sequence[Path]) -> None:
    """Remove what an engine that was killed left: it would refuse to start where its number lives again."""
    for file in files:
        if file.exists() and _program(file.read_text(encoding="ascii").strip()) not in (
            "dockerd",
            "containerd",
        ):
            file.unlink()


def _program(pid: str) -> str:
    """The name of a running process; "" where there is none, or only a zombie."""
    try:
        status = Path("/proc", pid, "status").read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return "" if fields["State"].startswith("Z") else fields["Name"]


def _start() -> None:
    log = paths.log_dir() / "dockerd.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    argv = [shutil.which("dockerd", path=environment()["PATH"]) or "dockerd"]
    if lacks_sys_resource():
        argv += ["--add-runtime", f"bounded={_install_runtime()}", "--default-runtime", "bounded"]
    with log.open("ab") as sink:
        engine = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment(),
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if answers():
            return
        if engine.poll() is not None:
            break
        time.sleep(0.5)  # polling an outside program: it has no event to wait for
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    raise CommandError(argv, engine.poll() or TIMED_OUT, lines[-TAIL_LINES:], log)


def _install_runtime() -> Path:
    source = Path(__file__).with_name("bounded_runc.py").read_text(encoding="utf-8")
    program = paths.bin_dir() / "bounded-runc"
    program.parent.mkdir(parents=True, exist_ok=True)
    body = source.split("\n", 1)[1]
    fresh = program.with_suffix(".new")
    fresh.write_text(f"#!{os.path.realpath(sys.executable)}\n{body}", encoding="utf-8")
    fresh.chmod(0o755)
    fresh.replace(program)  # whole at every moment: an engine may be about to run it
    return program


def _has_buildkit(client: str) -> bool:
    return succeeds([client, "buildx", "version"]) or _major(client) < BUILDX_ALONE


def _major(client: str) -> int:
    words = run([client, "--version"]).split()
    number = next((word for word in words if word[:1].isdigit()), "999")
    return int(number.split(".")[0])
