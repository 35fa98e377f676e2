"""The runtime that takes away the capability this machine lacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cluster.bounded_runc import bound_file, flag_value, without_capability


def test_only_the_missing_capability_goes() -> None:
    held = {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"], "ambient": None}
    assert without_capability(held) == {"bounding": ["CAP_CHOWN"], "ambient": []}


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["create", "--bundle", "/b", "id"], "/b"),
        (["create", "--bundle=/b", "id"], "/b"),
        (["create", "-b", "/b", "id"], "/b"),
        (["create", "id"], None),
    ],
)
def test_bundle_is_found_however_it_is_written(arguments: list[str], value: str | None) -> None:
    assert flag_value(arguments, "--bundle", "-b") == value


def test_file_of_a_bundle_is_rewritten(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    process = {"capabilities": {"effective": ["CAP_SYS_RESOURCE", "CAP_KILL"]}, "cwd": "/"}
    config.write_text(json.dumps({"process": process}), encoding="utf-8")
    bound_file(config, inside="process")
    assert json.loads(config.read_text(encoding="utf-8"))["process"] == {
        "capabilities": {"effective": ["CAP_KILL"]},
        "cwd": "/",
    }
