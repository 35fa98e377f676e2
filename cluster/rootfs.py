"""Debian as a container image, by debootstrap: what `FROM` names where no registry answers.

A system is bootstrapped once, kept as a tar in the cache, and imported whenever Docker lacks it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from cluster import apt, engine, paths
from cluster.commands import run, run_logged
from cluster.content import digest
from cluster.errors import PreconditionError
from cluster.progress import step

# What no container needs: package lists and archives, documentation, translations, compiled Python.
LEAVE_OUT = (
    "./var/cache/apt/*",
    "./var/lib/apt/lists/*",
    "./var/log/*.log",
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/info/*",
    "./usr/share/locale/*",
    "./dev/*",
    "__pycache__",
)
# debootstrap is mostly dpkg: two at once would only take a core from the compiler.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class System:
    """A Debian suite with packages beside the minimal set."""

    name: str
    suite: str
    packages: tuple[str, ...]

    @property
    def image(self) -> str:
        """Its image, tagged by suite and content."""
        return f"serinus/{self.name}:{self.suite}-{digest([self.suite, *self.packages, *LEAVE_OUT])}"

    @property
    def tar(self) -> Path:
        """Its file in the cache."""
        return paths.rootfs_dir() / f"{self.image.rpartition('/')[2].replace(':', '-')}.tar"


# systemd 257 of trixie refuses cgroup v1, hence bookworm for the node.
NODE = System(
    "node-os",
    "bookworm",
    (
        *(
            "systemd",
            "dbus",
            "conntrack",
            "iptables",
            "nftables",
            "iproute2",
            "ethtool",
            "util-linux",
            "mount",
        ),
        *("kmod", "libseccomp2", "pigz", "fuse-overlayfs", "bash", "ca-certificates", "curl", "jq", "procps"),
        *("containerd", "runc", "containernetworking-plugins"),
    ),
)
# kube-proxy's iptables must be the node's, and Envoy wants glibc.
NETWORK = System("network-base", "bookworm", ("iptables", "conntrack", "ca-certificates"))
PYTHON = System("python-base", "trixie", ("python3", "python3-venv", "ca-certificates", "libsndfile1"))
SYSTEMS = (NODE, NETWORK, PYTHON)


def ensure_system(system: System) -> None:
    """Leave with the system's image in Docker, bootstrapping only what the cache lacks."""
    if engine.has_image(system.image):
        return
    with _ONE_AT_A_TIME:
        if not system.tar.exists():
            with step(f"debootstrap {system.suite} for {system.name}"):
                _bootstrap(system)
        with step(f"importing {system.image}"):
            engine.docker("import", "--change", 'CMD ["/bin/bash"]', str(system.tar), system.image)


def _bootstrap(system: System) -> None:
    if os.geteuid() != 0:
        raise PreconditionError(
            f"no image registry answers, and building {system.image} by debootstrap needs root, "
            f"not user id {os.geteuid()}"
        )
    apt.ensure_program("debootstrap", "debootstrap")
    debs = paths.rootfs_dir() / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"{system.name}-", dir=paths.rootfs_dir()))
    scratch.chmod(0o755)  # becomes the mode of the image's /
    try:
        run_logged(
            [
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(system.packages)}",
                f"--cache-dir={debs}",
                system.suite,
                str(scratch),
            ],
            log=f"debootstrap-{system.name}",
        )
        unfinished = system.tar.with_suffix(".part")
        excludes = [f"--exclude={pattern}" for pattern in LEAVE_OUT]
        run(["tar", "-C", str(scratch), *excludes, "-cf", str(unfinished), "."])
        unfinished.rename(system.tar)
    finally:
        shutil.rmtree(scratch)
