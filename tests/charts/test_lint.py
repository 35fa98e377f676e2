"""The linters of Helm and Argo Rollouts, on the charts and on every example."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cluster import paths

EXAMPLES = sorted((paths.repository_root() / "manifests" / "examples").glob("*.yaml"))
SHIPPED = sorted((paths.repository_root() / "demo" / "releases").glob("*.yaml"))


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = paths.bin_dir() / program
    assert path.exists(), f"{path} is missing: run `make cluster` first"
    return subprocess.run([str(path), *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("chart", ["model-server", "rollout-policies"])
def test_helm_finds_nothing_wrong(chart: str) -> None:
    done = run("helm", "lint", "--strict", str(paths.repository_root() / "charts" / chart))
    assert done.returncode == 0, done.stdout + done.stderr


def test_argo_rollouts_finds_nothing_wrong(render_text: Callable[..., str], tmp_path: Path) -> None:
    rendered = tmp_path / "release.yaml"
    rendered.write_text(render_text("model-server"))
    done = run("kubectl-argo-rollouts", "lint", f"--filename={rendered}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_what_it_shows_and_is_whole(
    example: Path, render_text: Callable[..., str], tmp_path: Path
) -> None:
    text = example.read_text()
    chart = text.split("charts/")[1].split()[0]
    assert text.startswith("# This example demonstrates ")
    rendered = tmp_path / "example.yaml"
    rendered.write_text(render_text(chart, **yaml.safe_load(text)))
    assert run("kubectl-argo-rollouts", "lint", f"--filename={rendered}").returncode == 0


@pytest.mark.parametrize("release", SHIPPED, ids=lambda path: path.stem)
def test_a_release_of_the_demonstration_is_accepted(release: Path) -> None:
    chart = str(paths.repository_root() / "charts" / "model-server")
    stable = release.parent / "stable.yaml"
    done = run("helm", "template", "asr", chart, f"--values={stable}", f"--values={release}")
    assert done.returncode == 0, done.stderr


def test_there_is_an_example() -> None:
    assert EXAMPLES
