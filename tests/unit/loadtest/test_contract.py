"""The names a load shares with the server it speaks to."""

from __future__ import annotations

import tomllib
from pathlib import Path

from loadtest import records
from loadtest.options import TRAFFIC

CONTRACTS = tomllib.loads((Path(__file__).resolve().parents[3] / "contracts.toml").read_text())


def test_headers_are_those_of_the_contract() -> None:
    agreed = CONTRACTS["headers"]
    assert agreed["probe"] == records.PROBE
    assert agreed["request_id"] == records.REQUEST_ID
    assert (agreed["model_version"], agreed["pod_template_hash"]) == (
        records.MODEL_VERSION,
        records.POD_TEMPLATE_HASH,
    )


def test_traffic_is_what_the_server_tells_apart() -> None:
    assert set(TRAFFIC) <= set(CONTRACTS["label_values"]["traffic"])
