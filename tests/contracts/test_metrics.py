"""The packages export the metrics of contracts.toml, with those labels, and no others of their kind."""

import tomllib
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from model_server.metrics import LATENCY_BUCKETS, Metrics
from rollout_policies.cost import Cost
from rollout_policies.evidence import Identity
from rollout_policies.live.comparer import LiveComparer
from rollout_policies.live.feedback import FeedbackTally
from rollout_policies.live.heard import Feedback, Heard
from rollout_policies.live.listener import Listener
from rollout_policies.live.metrics import LiveMetrics
from rollout_policies.live.store import LiveStore
from rollout_policies.metrics import WalkMetrics, WalkView
from rollout_policies.sequential import Alphas, Bounds
from rollout_policies.walk import MEASURES, Figures

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "contracts.toml").read_text())
Exported = dict[str, dict[str, set[str]]]


def exported(registry: CollectorRegistry) -> Exported:
    """Return each metric's labels and, by label, the values it has; a histogram's `le` is its own."""
    found: Exported = {}
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = found.setdefault(name, {})
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label != "le":
                    labels.setdefault(label, set()).add(value)
    return found


@pytest.fixture
def predictor() -> Exported:
    """A predictor that has not had a request yet."""
    registry = CollectorRegistry()
    Metrics(registry).describe_model("moonshine", "1", "sha256:0", "onnx")
    return exported(registry)


@pytest.fixture
def referee() -> Exported:
    """A referee in the middle of one walk."""
    differences = tuple((measure, Bounds(0.1, 0.2, 0.3)) for measure in MEASURES)
    figures = Figures(60, 295, 1.0, 300, 30, 33, differences, Cost())
    view = WalkView(Identity("speech", "asr", "aaa", "bbb", "d1"), "2", figures, "walking", None)
    registry = CollectorRegistry()
    registry.register(WalkMetrics(lambda: [view]))
    store = LiveStore(":memory:")
    store.add(view.identity, Heard("r-1", "aaa", "yes", 1.0, 0.9), Heard("r-1", "bbb", "no", 1.0, 0.9), 1.0)
    feedback = FeedbackTally(":memory:")
    feedback.served(Heard("r-1", "bbb", "no", 1.0, 0.9), [view.identity], 1.0)
    feedback.given(Feedback("r-1", "redone"), [view.identity], 2.0)
    registry.register(LiveMetrics(Listener(LiveComparer(store, Alphas()), feedback, list), lambda: [view]))
    found = exported(registry)
    store.close()
    feedback.close()
    return found


def names_and_labels(exported: Exported) -> dict[str, set[str]]:
    return {name: set(labels) for name, labels in exported.items()}


def agreed(table: str) -> dict[str, set[str]]:
    return {name: set(labels) for name, labels in CONTRACTS[table].items()}


def test_the_predictor_exports_what_was_agreed(predictor: Exported) -> None:
    assert names_and_labels(predictor) == agreed("predictor_metrics")


def test_the_referee_exports_what_was_agreed(referee: Exported) -> None:
    assert names_and_labels(referee) == agreed("referee_metrics")


@pytest.mark.parametrize("label", ["traffic", "reason", "stage", "ending", "outcome", "type"])
def test_the_predictors_label_values_were_agreed(predictor: Exported, label: str) -> None:
    used = set().union(*(labels.get(label, set()) for labels in predictor.values()))
    assert used == set(CONTRACTS["label_values"][label])


@pytest.mark.parametrize("label", ["measure", "side", "why", "action"])
def test_the_referees_label_values_were_agreed(referee: Exported, label: str) -> None:
    used = set().union(*(labels.get(label, set()) for labels in referee.values()))
    assert used == set(CONTRACTS["label_values"][label])


def test_what_the_errors_gate_counts_is_there_from_the_start(predictor: Exported) -> None:
    assert {"200", "500", "503"} <= predictor["asr_requests_total"]["code"]


def test_the_latency_gate_asks_within_the_histogram() -> None:
    schema = (ROOT / "charts" / "model-server" / "values.schema.json").read_text()
    assert f'"exclusiveMaximum": {LATENCY_BUCKETS[-1]}' in schema
