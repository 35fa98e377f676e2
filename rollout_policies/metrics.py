"""Shows walks to Prometheus as they stand at each scrape; knows nothing of how they got there.

A walk without a pair shows nothing: no number is ever made of silence, and none is NaN.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rollout_policies.cost import Spent
from rollout_policies.evidence import Identity
from rollout_policies.walk import Figures

WALK_LABELS = ("namespace", "rollout", "revision", "stable", "candidate", "golden_digest")


@dataclass(frozen=True)
class WalkView:
    """A walk as others see it: whose it is, what it proves so far, what it is doing, and since when it is
    over."""

    identity: Identity
    revision: str
    figures: Figures | None
    doing: str
    ended_at: float | None

    @property
    def label_values(self) -> list[str]:
        """The values of WALK_LABELS."""
        i = self.identity
        return [i.namespace, i.rollout, self.revision, i.stable, i.candidate, i.golden_digest]


class WalkMetrics(Collector):
    """Collects the gauges and counters of all walks that `views` lists."""

    def __init__(self, views: Callable[[], Iterable[WalkView]]) -> None:
        self._views = views

    def describe(self) -> Iterable[Metric]:
        """Return the families without samples, for the registry's check of names."""
        return _families({})

    def collect(self) -> Iterator[Metric]:
        """Yield every family with a sample for each walk that has a pair."""
        yield from _families({tuple(v.label_values): v.figures for v in self._views() if v.figures})


def _families(walks: dict[tuple[str, ...], Figures]) -> list[Metric]:
    differences = {
        "referee_difference_lower": ("Anytime-valid lower bound", "lower"),
        "referee_difference": ("Estimate", "estimate"),
        "referee_difference_upper": ("Anytime-valid upper bound", "upper"),
    }
    families: list[Metric] = []
    for name, (what, field) in differences.items():
        family = GaugeMetricFamily(name, _help(what), labels=[*WALK_LABELS, "measure"])
        for labels, figures in walks.items():
            for measure, bounds in figures.differences:
                family.add_metric([*labels, measure], getattr(bounds, field))
        families.append(family)
    for name, text, field in (
        ("referee_pairs", "Golden clips compared", "pairs"),
        ("referee_pairs_remaining", "Golden clips still to be compared", "remaining"),
        (
            "referee_last_pair_timestamp_seconds",
            "When the last clip was compared, since 1970",
            "last_pair_at",
        ),
    ):
        gauge = GaugeMetricFamily(name, text, labels=WALK_LABELS)
        for labels, figures in walks.items():
            gauge.add_metric(labels, getattr(figures, field))
        families.append(gauge)
    return [*families, *_counters(walks)]


def _counters(walks: dict[tuple[str, ...], Figures]) -> list[Metric]:
    errors = CounterMetricFamily(
        "referee_word_errors",
        "Word errors in golden clips, a clip's capped at its words",
        labels=[*WALK_LABELS, "side"],
    )
    words = CounterMetricFamily(
        "referee_reference_words", "Words of the golden clips compared", labels=[*WALK_LABELS, "side"]
    )
    for labels, figures in walks.items():
        errors.add_metric([*labels, "stable"], figures.stable_word_errors)
        errors.add_metric([*labels, "candidate"], figures.candidate_word_errors)
        for side in ("stable", "candidate"):
            words.add_metric([*labels, side], figures.reference_words)
    return [errors, words, *_costs(walks)]


COSTS: tuple[tuple[str, str, Callable[[Spent], float]], ...] = (
    ("referee_probes", "Probes sent, warm-ups and second tries included", lambda spent: spent.probes),
    ("referee_probes_refused", "Probes answered 429 or 503", lambda spent: spent.refused),
    ("referee_probes_retried", "Probes sent once more", lambda spent: spent.retried),
    ("referee_probe_audio_seconds", "Audio of probes answered 200", lambda spent: spent.audio_seconds),
    ("referee_probe_inference_seconds", "Inference that probes took", lambda spent: spent.inference_seconds),
)


def _costs(walks: dict[tuple[str, ...], Figures]) -> list[Metric]:
    families: list[Metric] = []
    for name, text, value in COSTS:
        family = CounterMetricFamily(name, text, labels=[*WALK_LABELS, "side"])
        for labels, figures in walks.items():
            for side, spent in figures.cost.sides:
                family.add_metric([*labels, side], value(spent))
        families.append(family)
    seconds = CounterMetricFamily(
        "referee_walk_seconds",
        "How long probing has gone on, pauses between pairs included",
        labels=WALK_LABELS,
    )
    for labels, figures in walks.items():
        seconds.add_metric(labels, figures.cost.seconds)
    return [*families, seconds]


def _help(what: str) -> str:
    return (
        f"{what} of the golden set's difference: word_errors in errors per word, candidate minus stable; "
        "latency as a factor, candidate over stable"
    )
