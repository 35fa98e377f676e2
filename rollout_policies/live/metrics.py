"""Shows live comparisons to Prometheus as they stand at each scrape; without a pair nothing is shown."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rollout_policies.live.comparer import LiveComparer, LiveFigures
from rollout_policies.metrics import WALK_LABELS, WalkView

GAUGES: tuple[tuple[str, str, Callable[[LiveFigures], float]], ...] = (
    ("referee_disagreement_lower", "Lower bound of the disagreement", lambda f: f.disagreement.lower),
    ("referee_disagreement", "Mean disagreement of an utterance", lambda f: f.disagreement.estimate),
    ("referee_disagreement_upper", "Upper bound of the disagreement", lambda f: f.disagreement.upper),
    ("referee_live_pairs", "Users' requests heard by both versions", lambda f: f.pairs),
    ("referee_last_live_pair_timestamp_seconds", "When the last one came", lambda f: f.last_pair_at),
)


class LiveMetrics(Collector):
    """Collects the live figures of all walks that `views` lists, and what could not be paired."""

    def __init__(self, comparer: LiveComparer, views: Callable[[], Iterable[WalkView]]) -> None:
        self._comparer, self._views = comparer, views

    def describe(self) -> Iterable[Metric]:
        """Return the families without samples, for the registry's check of names."""
        return self._families([])

    def collect(self) -> Iterator[Metric]:
        """Yield every family with a sample for each walk that has a live pair."""
        shown = [(view.label_values, self._comparer.figures(view.identity)) for view in self._views()]
        yield from self._families([(labels, figures) for labels, figures in shown if figures])

    def _families(self, walks: list[tuple[list[str], LiveFigures]]) -> list[Metric]:
        families: list[Metric] = []
        for name, text, value in GAUGES:
            family = GaugeMetricFamily(name, text, labels=WALK_LABELS)
            for labels, figures in walks:
                family.add_metric(labels, value(figures))
            families.append(family)
        lost = CounterMetricFamily(
            "referee_events_unpaired", "Transcript events without a pair", labels=["why"]
        )
        lost.add_metric(["alone"], self._comparer.alone)
        lost.add_metric(["unread"], self._comparer.unread)
        return [*families, lost]
