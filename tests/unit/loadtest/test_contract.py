"""The names a load shares with the server it speaks to."""

from __future__ import annotations

import tomllib
from pathlib import Path

from loadtest import records


def test_headers_are_those_of_the_contract() -> None:
    agreed = tomllib.loads((Path(__file__).resolve().parents[3] / "contracts.toml").read_text())["headers"]
    assert agreed["request_id"] == records.REQUEST_ID
    assert (agreed["model_version"], agreed["pod_template_hash"]) == (
        records.MODEL_VERSION,
        records.POD_TEMPLATE_HASH,
    )
