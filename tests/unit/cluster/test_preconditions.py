"""What is refused before long work starts."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from cluster import preconditions
from cluster.errors import PreconditionError


def test_taken_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setattr(preconditions, "PORTS", {port: "the gateway"})
        with pytest.raises(PreconditionError, match=rf"127\.0\.0\.1:{port} is taken.*the gateway"):
            preconditions.need_ports()


def test_small_disk_says_what_is_free_and_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = type(shutil.disk_usage(tmp_path))(100, 90, 7_000_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(PreconditionError, match=r"7\.0 GB free.*needs 25 GB"):
        preconditions.need_disk(tmp_path / "not" / "yet" / "made")
