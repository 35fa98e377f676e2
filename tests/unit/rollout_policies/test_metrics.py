"""What Prometheus reads, compared with the contract's table of names and labels."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from rollout_policies.cost import Cost, Spent
from rollout_policies.evidence import Identity
from rollout_policies.metrics import WalkMetrics, WalkView
from rollout_policies.sequential import Bounds
from rollout_policies.walk import Figures

IDENTITY = Identity("speech", "asr", "aaa", "bbb", "digest")
FIGURES = Figures(
    pairs=40,
    remaining=323,
    last_pair_at=1000.5,
    reference_words=420,
    stable_word_errors=20,
    candidate_word_errors=35,
    differences=(("word_errors", Bounds(0.01, 0.03, 0.08)), ("latency", Bounds(0.9, 1.0, 1.2))),
    cost=Cost(100.0, Spent(40, 0, 0, 80.0, 8.0), Spent(43, 3, 2, 79.0, 9.5)),
)


Samples = dict[tuple[str, str], tuple[float, dict[str, str]]]


def _scraped(*views: WalkView) -> Samples:
    """Samples by name and by the measure or side they are of."""
    registry = CollectorRegistry()
    registry.register(WalkMetrics(lambda: views))
    return {
        (sample.name, sample.labels.get("measure", sample.labels.get("side", ""))): (
            sample.value,
            sample.labels,
        )
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("name", "of", "value"),
    [
        ("referee_difference_lower", "word_errors", 0.01),
        ("referee_difference", "word_errors", 0.03),
        ("referee_difference_upper", "latency", 1.2),
        ("referee_pairs", "", 40),
        ("referee_pairs_remaining", "", 323),
        ("referee_last_pair_timestamp_seconds", "", 1000.5),
        ("referee_word_errors_total", "stable", 20),
        ("referee_word_errors_total", "candidate", 35),
        ("referee_reference_words_total", "candidate", 420),
        ("referee_probes_total", "candidate", 43),
        ("referee_probes_refused_total", "candidate", 3),
        ("referee_probes_retried_total", "candidate", 2),
        ("referee_probe_audio_seconds_total", "stable", 80),
        ("referee_probe_inference_seconds_total", "candidate", 9.5),
        ("referee_walk_seconds_total", "", 100),
    ],
)
def test_values_are_the_walks(name: str, of: str, value: float) -> None:
    scraped = _scraped(WalkView(IDENTITY, "7", FIGURES, "comparing", None))
    assert scraped[name, of][0] == value
    assert scraped[name, of][1]["candidate"] == "bbb"


def test_a_walk_without_a_pair_shows_nothing() -> None:
    assert _scraped(WalkView(IDENTITY, "7", None, "waiting", None)) == {}
