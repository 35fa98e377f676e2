"""Headers, annotations, faults and ports: the packages and the charts use the names of contracts.toml."""

import json
import tomllib
from pathlib import Path

import pytest

from loadtest import records
from model_server import account, envelope, faults, options
from rollout_policies import probe, rollouts

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "contracts.toml").read_text())
HEADERS, ANNOTATIONS = CONTRACTS["headers"], CONTRACTS["annotations"]
FAULTS = json.loads((ROOT / "charts" / "model-server" / "values.schema.json").read_text())["properties"][
    "faults"
]["properties"]


@pytest.mark.parametrize(
    ("used", "agreed"),
    [
        (account.REQUEST_ID, HEADERS["request_id"]),
        (account.PROBE, HEADERS["probe"]),
        (envelope.MODEL_NAME, HEADERS["model_name"]),
        (envelope.MODEL_VERSION, HEADERS["model_version"]),
        (envelope.POD_TEMPLATE_HASH, HEADERS["pod_template_hash"]),
        (envelope.AUDIO_SECONDS, HEADERS["audio_seconds"]),
        (envelope.QUEUE_MILLISECONDS, HEADERS["queue_milliseconds"]),
        (envelope.INFERENCE_MILLISECONDS, HEADERS["inference_milliseconds"]),
        (probe.POD_TEMPLATE_HASH, HEADERS["pod_template_hash"]),
        (probe.INFERENCE_MILLISECONDS, HEADERS["inference_milliseconds"]),
        (records.MODEL_VERSION, HEADERS["model_version"]),
        (records.POD_TEMPLATE_HASH, HEADERS["pod_template_hash"]),
        (rollouts.GOLDEN_SET, ANNOTATIONS["golden_set"]),
        (rollouts.PROBE_RATE, ANNOTATIONS["probe_rate"]),
        (rollouts.ESTIMAND, ANNOTATIONS["estimand"]),
        (rollouts.PROBE_PORT, ANNOTATIONS["probe_port"]),
        (rollouts.PROBE_PATH, ANNOTATIONS["probe_path"]),
        (rollouts.BASELINE, ANNOTATIONS["baseline"]),
        (rollouts.BASELINE, CONTRACTS["labels"]["baseline"]),
        (rollouts.POD_TEMPLATE_HASH, CONTRACTS["labels"]["pod_template_hash"]),
        (rollouts.DEFAULT_PORT, CONTRACTS["ports"]["predictor_http"]),
        (options.POD_TEMPLATE_HASH_ENVIRONMENT, CONTRACTS["environment"]["pod_template_hash"]),
    ],
)
def test_a_name_is_the_one_agreed(used: str | int, agreed: str | int) -> None:
    assert used == agreed


def test_probes_say_what_the_predictor_takes_for_a_probe() -> None:
    assert account.PROBES[probe.PROBE_HEADERS[HEADERS["probe"]]] == account.PROBE_TRAFFIC


def test_the_chart_takes_the_predictors_faults() -> None:
    assert set(FAULTS) == {*faults.NUMBERS, "traffic"}
    assert tuple(FAULTS["traffic"]["enum"]) == faults.TRAFFIC


@pytest.mark.parametrize("fault", faults.NUMBERS)
def test_the_chart_takes_a_fault_in_the_predictors_range(fault: str) -> None:
    _, lowest, highest = faults.NUMBERS[fault]
    assert (FAULTS[fault]["minimum"], FAULTS[fault]["maximum"]) == (lowest, highest)


def test_the_chart_takes_the_referees_probe_rates() -> None:
    schema = json.loads((ROOT / "charts" / "model-server" / "values.schema.json").read_text())
    assert schema["properties"]["golden"]["properties"]["probeRate"]["maximum"] == rollouts.MAX_RATE
