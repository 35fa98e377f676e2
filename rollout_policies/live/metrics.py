"""Shows live comparisons to Prometheus as they stand at each scrape; without a pair no bound is shown.

Feedback is counted from 0 as soon as its comparison is there: a count of none is a count.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rollout_policies.evidence import Identity
from rollout_policies.live.comparer import LiveFigures
from rollout_policies.live.feedback import Count
from rollout_policies.live.heard import ACTIONS
from rollout_policies.live.listener import Listener
from rollout_policies.metrics import WALK_LABELS, WalkView

GAUGES: tuple[tuple[str, str, Callable[[LiveFigures], float]], ...] = (
    ("referee_disagreement_lower", "Lower bound of the disagreement", lambda f: f.disagreement.lower),
    ("referee_disagreement", "Mean disagreement of an utterance", lambda f: f.disagreement.estimate),
    ("referee_disagreement_upper", "Upper bound of the disagreement", lambda f: f.disagreement.upper),
    ("referee_live_pairs", "Users' requests heard by both versions", lambda f: f.pairs),
    ("referee_last_live_pair_timestamp_seconds", "When the last one came", lambda f: f.last_pair_at),
)
FEEDBACK_LABELS = (*(label for label in WALK_LABELS if label != "golden_digest"), "serving")
# By the values of FEEDBACK_LABELS.
Counts = Mapping[tuple[str, ...], list[Count]]


class LiveMetrics(Collector):
    """Collects the live figures of all walks that `views` lists, and what could not be paired."""

    def __init__(self, listener: Listener, views: Callable[[], Iterable[WalkView]]) -> None:
        self._listener, self._views = listener, views

    def describe(self) -> Iterable[Metric]:
        """Return the families without samples, for the registry's check of names."""
        return [*_bounds([]), *_feedback({}), self._unpaired()]

    def collect(self) -> Iterator[Metric]:
        """Yield every family with its samples for each walk."""
        views = list(self._views())
        self._listener.comparer.forget_all_but(view.identity for view in views)
        shown = [(view.label_values, self._listener.comparer.figures(view.identity)) for view in views]
        yield from _bounds([(labels, figures) for labels, figures in shown if figures])
        yield from _feedback(self._counts(views))
        yield self._unpaired()

    def _counts(self, views: Iterable[WalkView]) -> Counts:
        """What users did with the answers of both versions of each comparison."""
        found: dict[tuple[str, ...], list[Count]] = {}
        for view in views:
            counts = self._listener.feedback.counts(view.identity)
            for serving in (view.identity.stable, view.identity.candidate):
                labels = _feedback_labels(view.identity, view.revision, serving)
                found[labels] = [count for count in counts if count.serving == serving]
        return found

    def _unpaired(self) -> Metric:
        family = CounterMetricFamily("referee_events_unpaired", "Events of users' requests", labels=["why"])
        family.add_metric(["alone"], self._listener.comparer.alone)
        family.add_metric(["unread"], self._listener.unread)
        family.add_metric(["wordless"], self._listener.wordless)
        family.add_metric(["unserved"], self._listener.feedback.unserved)
        return family


def _bounds(walks: list[tuple[list[str], LiveFigures]]) -> list[Metric]:
    families: list[Metric] = []
    for name, text, value in GAUGES:
        family = GaugeMetricFamily(name, text, labels=WALK_LABELS)
        for labels, figures in walks:
            family.add_metric(labels, value(figures))
        families.append(family)
    return families


def _feedback(counted: Counts) -> list[Metric]:
    total = CounterMetricFamily(
        "referee_feedback",
        "Users' requests that a version served and users gave this feedback on",
        labels=[*FEEDBACK_LABELS, "action"],
    )
    last = GaugeMetricFamily(
        "referee_last_feedback_timestamp_seconds", "When its last feedback came", labels=FEEDBACK_LABELS
    )
    for labels, counts in counted.items():
        by_action = {count.action: count.count for count in counts}
        for action in ACTIONS:
            total.add_metric([*labels, action], by_action.get(action, 0))
        if counts:
            last.add_metric(labels, max(count.last_at for count in counts))
    return [total, last]


def _feedback_labels(identity: Identity, revision: str, serving: str) -> tuple[str, ...]:
    i = identity
    return (i.namespace, i.rollout, revision, i.stable, i.candidate, serving)
