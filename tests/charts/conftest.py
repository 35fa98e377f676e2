"""Renders the charts with the real Helm; knows nothing of what they should contain."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import paths

CHARTS = paths.repository_root() / "charts"
Objects = dict[tuple[str, str], dict[str, Any]]


def program(name: str) -> str:
    """Return the path of a program that `make cluster` provides, or fail."""
    path = paths.bin_dir() / name
    assert path.exists(), f"{path} is missing: run `make cluster` first"
    return str(path)


def helm_template(chart: str, values: Path) -> subprocess.CompletedProcess[str]:
    command = [program("helm"), "template", "asr", str(CHARTS / chart), "--namespace=speech"]
    return subprocess.run([*command, f"--values={values}"], capture_output=True, text=True, check=False)


@pytest.fixture
def render_text(tmp_path: Path) -> Callable[..., str]:
    """Render a chart as release `asr` in namespace `speech`; `overrides` are values."""

    def render_text(chart: str, **overrides: Any) -> str:
        values = tmp_path / "values.yaml"
        values.write_text(yaml.safe_dump(overrides))
        done = helm_template(chart, values)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return render_text


@pytest.fixture
def render(render_text: Callable[..., str]) -> Callable[..., Objects]:
    """Render a chart into its objects by (kind, name); hooks that repeat a name keep the first."""

    def render(chart: str, **overrides: Any) -> Objects:
        objects: Objects = {}
        for document in yaml.safe_load_all(render_text(chart, **overrides)):
            if document:
                objects.setdefault((document["kind"], document["metadata"]["name"]), document)
        return objects

    return render


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[..., str]:
    """Return the sentence with which a chart refuses values."""

    def refusal(chart: str, overrides: dict[str, Any]) -> str:
        values = tmp_path / "values.yaml"
        values.write_text(yaml.safe_dump(overrides))
        done = helm_template(chart, values)
        assert done.returncode != 0, f"{chart} was rendered with {overrides}"
        return re.sub(r"\s+", " ", done.stderr)

    return refusal
