"""Which Debian packages make a docker client that can build, where apt and docker are shell programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import commands, engine

APT_CACHE = (
    """case " $KNOWN " in *" $2 "*) echo "  Candidate: 1.0" ;; *) echo "  Candidate: (none)" ;; esac"""
)
APT_GET = """for package; do :; done
[ "$1" = install ] || exit 0
echo "$package" >> "$STATE/installed"
case "$package" in
    docker-buildx) : > "$STATE/buildx" ;;
    *) /bin/cp "$STATE/client" "$STATE/bin/docker" ;;
esac"""
DOCKER = """case "$1" in
    buildx) [ -e "$STATE/buildx" ] ;;
    --version) echo "Docker version $CLIENT_VERSION, build 0" ;;
esac"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with apt alone on PATH, and in `client` what its docker client would be."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for file, body in {"bin/apt-cache": APT_CACHE, "bin/apt-get": APT_GET, "client": DOCKER}.items():
        (tmp_path / file).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / file).chmod(0o755)
    (tmp_path / "installed").touch()
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("STATE", str(tmp_path))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(commands, "SYSTEM_PLACES", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    engine.docker_client.cache_clear()
    yield tmp_path
    engine.docker_client.cache_clear()


@pytest.mark.parametrize(
    ("client", "version", "known", "installed"),
    [
        pytest.param(
            False, "26.1.5", "docker-cli docker-buildx", ["docker-cli", "docker-buildx"], id="trixie"
        ),
        pytest.param(True, "26.1.5", "docker-cli docker-buildx", ["docker-buildx"], id="trixie-with-client"),
        pytest.param(True, "20.10.24", "", [], id="bookworm"),
        pytest.param(False, "20.10.24", "", ["docker.io"], id="bookworm-without-client"),
        pytest.param(True, "28.2.2", "", [], id="bookworm-with-a-newer-client"),
    ],
)
def test_only_what_the_client_lacks_is_installed(
    machine: Path,
    monkeypatch: pytest.MonkeyPatch,
    client: bool,
    version: str,
    known: str,
    installed: list[str],
) -> None:
    monkeypatch.setenv("CLIENT_VERSION", version)
    monkeypatch.setenv("KNOWN", known)
    if client:
        (machine / "client").rename(machine / "bin" / "docker")
    engine.ensure_client()
    assert (machine / "installed").read_text().split() == installed
    assert engine.docker_client() == str(machine / "bin" / "docker")
