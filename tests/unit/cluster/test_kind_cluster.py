"""A cluster that runs is kept: only one whose node is gone, or stays silent, is made anew.

`kind`, `kubectl` and `docker` are shell programs here: what is tested is which commands are given, and when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cluster import kind_cluster, paths, preconditions
from cluster.engine import docker_client

PROGRAMS = {
    "docker": """case "$1" in
        --version) echo "Docker version 20.10.24" ;;
        container) cat "$STATE/running" ;;
        *) exit 1 ;;
    esac""",
    "kind": """echo "$1 $2" >> "$STATE/calls"
    case "$1 $2" in
        "get clusters") echo serinus ;;
        "export kubeconfig") echo kind-serinus > "$KUBECONFIG" ;;
    esac""",
    "kubectl": """[ "$1" = config ] && { cat "$KUBECONFIG"; exit 0; }
    echo readyz >> "$STATE/asked"
    [ "$(wc -l < "$STATE/asked")" -ge "$(cat "$STATE/answers_from")" ]""",
}
Scene = Callable[..., list[str]]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Runs ensure_cluster where the API answers from the n-th question on; returns kind's commands."""
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path))
    monkeypatch.setenv("STATE", str(tmp_path))
    monkeypatch.setenv("PATH", f"{paths.bin_dir()}:/usr/bin:/bin")
    monkeypatch.setattr(preconditions, "PORTS", {})
    monkeypatch.setattr(kind_cluster, "POLL_SECONDS", 0.0)
    paths.bin_dir().mkdir()
    for name, body in PROGRAMS.items():
        program = paths.bin_dir() / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    def ensure(*, runs: bool, answers_from: int, context: str | None = "kind-serinus") -> list[str]:
        (tmp_path / "running").write_text("other\nserinus-control-plane\n" if runs else "other\n")
        (tmp_path / "answers_from").write_text(str(answers_from))
        if context is not None:
            paths.kubeconfig().write_text(context)
        kind_cluster.ensure_cluster("node:1")
        return (tmp_path / "calls").read_text().splitlines()

    docker_client.cache_clear()
    yield ensure
    docker_client.cache_clear()


def test_cluster_that_answers_is_left_alone(scene: Scene) -> None:
    assert scene(runs=True, answers_from=1) == ["get clusters"]


def test_slow_cluster_is_waited_for(scene: Scene) -> None:
    assert set(scene(runs=True, answers_from=4)) == {"get clusters", "export kubeconfig"}


@pytest.mark.parametrize("context", [None, "", "kind-other"])
def test_cluster_of_another_cache_is_taken_up(scene: Scene, context: str | None) -> None:
    assert scene(runs=True, answers_from=1, context=context) == ["get clusters", "export kubeconfig"]


def test_cluster_whose_node_is_gone_is_made_anew_at_once(scene: Scene) -> None:
    assert scene(runs=False, answers_from=99) == ["get clusters", "delete cluster", "create cluster"]


def test_cluster_that_stays_silent_is_made_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_cluster, "SLOW_SECONDS", 0.0)
    assert scene(runs=True, answers_from=99)[-2:] == ["delete cluster", "create cluster"]
