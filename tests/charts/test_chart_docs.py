"""Every value of every chart is documented, in values.yaml and in the chart's README."""

import json
import subprocess
import sys
from typing import Any

import pytest
import yaml

from cluster import paths

ROOT = paths.repository_root()
CHARTS = ["model-server", "rollout-policies"]


def names(schema: dict[str, Any], prefix: str = "") -> set[str]:
    """Names of all values that a schema closes with additionalProperties: false, at any depth."""
    found = set()
    for name, below in schema["properties"].items():
        if "properties" in below:
            assert below["additionalProperties"] is False, prefix + name
            found |= names(below, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
    return found


def leaves(values: dict[str, Any], known: set[str], prefix: str = "") -> set[str]:
    """Names of all values of values.yaml, as deep as the schema names them."""
    found = set()
    for name, below in values.items():
        if prefix + name in known or not isinstance(below, dict) or not below:
            found.add(prefix + name)
        else:
            found |= leaves(below, known, f"{prefix}{name}.")
    return found


def test_the_tables_of_values_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "chart-docs", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("chart", CHARTS)
def test_every_value_has_a_schema_entry_and_a_default(chart: str) -> None:
    schema = json.loads((ROOT / "charts" / chart / "values.schema.json").read_text())
    values = yaml.safe_load((ROOT / "charts" / chart / "values.yaml").read_text())
    # Open maps whose names the schema closes and whose default is empty.
    closed = {"faults", "resources"}
    known = {name for name in names(schema) if name.split(".")[0] not in closed} | (closed & values.keys())
    assert leaves(values, known) == known
    assert schema["additionalProperties"] is False
