"""What this machine must have before long work starts: disk, and the two ports of the cluster."""

from __future__ import annotations

import errno
import shutil
import socket
from pathlib import Path

from cluster.errors import PreconditionError

NEEDED_GB = 25  # Go's caches 14, Docker's images and the node's copies 8, and room to work
PORTS = {30080: "the gateway", 30090: "Prometheus"}


def need_disk(folder: Path) -> None:
    """Refuse to start with less than NEEDED_GB free on the folder's file system."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if free < NEEDED_GB:
        raise PreconditionError(
            f"{existing} has {free:.1f} GB free; building and running the cluster needs {NEEDED_GB} GB. "
            "Free some, or set SERINUS_CACHE to a folder on another disk"
        )


def need_ports() -> None:
    """Refuse to start where another program holds a port; to be asked only while our cluster is down."""
    for port, what in PORTS.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                raise PreconditionError(
                    f"127.0.0.1:{port} is taken by another program; the cluster needs it for {what} "
                    f"(see who has it: ss -ltnp 'sport = :{port}')"
                ) from error
