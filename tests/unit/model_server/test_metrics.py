"""Metrics: every series that can happen exists at 0 before anything has."""

import tomllib
from pathlib import Path

import pytest

from model_server.account import Account
from model_server.errors import REFUSALS, RefusedError
from model_server.metrics import ENDINGS, OUTCOMES, TRAFFIC, Metrics
from model_server.pipeline import Figures
from model_server.protocols import realtime_connection
from model_server.transcript import Transcript

CONTRACTS = tomllib.loads((Path(__file__).parents[3] / "contracts.toml").read_text())


@pytest.fixture
def metrics(registry):
    return Metrics(registry)


def test_names_and_labels_are_those_of_the_contracts(metrics, registry):
    metrics.describe_model("n", "v", "d", "e")
    values = [*vars(metrics).values(), *metrics.qualities.values()]
    collectors = [value for value in values if hasattr(value, "describe")]

    labels = {}
    for collector in collectors:
        family = collector.describe()[0]
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels[name] = list(collector._labelnames)
    assert labels == CONTRACTS["predictor_metrics"]


def test_label_values_are_those_of_the_contracts():
    values = CONTRACTS["label_values"]

    assert set(TRAFFIC) == set(values["traffic"])
    assert {reason for _, reason in OUTCOMES} == set(values["reason"])
    assert list(ENDINGS) == values["ending"] == sorted(ending.name for ending in realtime_connection.ENDINGS)


@pytest.mark.parametrize("traffic", TRAFFIC)
@pytest.mark.parametrize(("code", "reason"), OUTCOMES)
def test_every_answer_exists_at_zero(metrics, registry, traffic, code, reason):
    labels = {"traffic": traffic, "code": str(code), "reason": reason}

    assert registry.get_sample_value("asr_requests_total", labels) == 0


def test_every_refusal_is_listed():
    assert set(RefusedError.__subclasses__()) == set(REFUSALS)


@pytest.mark.parametrize(
    ("reason", "code", "refused", "timed"),
    [
        ("ok", 200, None, 1),
        ("queue_full", 503, 1, 0),
        ("deadline", 503, 1, 1),
        ("bad_audio", 422, None, 0),
        ("fault", 500, None, 1),
    ],
)
def test_answer_counts_where_it_belongs(metrics, registry, reason, code, refused, timed):
    account = Account("r", "probe", reason=reason)

    metrics.count_answer(account, code, seconds=0.3)

    traffic = {"traffic": "probe"}
    assert registry.get_sample_value("asr_refused_total", {**traffic, "reason": reason}) == refused
    assert registry.get_sample_value("asr_request_duration_seconds_count", traffic) == timed


@pytest.mark.parametrize(("traffic", "described"), [("user", 1), ("partial", 0)])
def test_part_of_an_utterance_is_worked_on_but_not_described(metrics, registry, traffic, described):
    figures = Figures(2.0, None, {"inference": 0.5})

    metrics.count_recognition(Transcript("No matter.", 2.0, (), None), figures, traffic)

    assert registry.get_sample_value("asr_inference_seconds_total", {"traffic": traffic}) == 0.5
    assert registry.get_sample_value("asr_input_duration_seconds_count") == described
