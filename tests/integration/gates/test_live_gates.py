"""What the live gates make of a candidate's counters, and of the gateway's, asked of a real Prometheus."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.integration.gates.evidence import Series, flat, scraped

BORN = 300  # the candidate's age in seconds
BUCKETS = (0.5, 1, 2, 60)


@dataclass(frozen=True)
class Candidate:
    """What a pod of the candidate has counted, all of it since it was born."""

    answers: dict[str, float] = field(default_factory=dict)  # code: count, of `traffic`, as all but probes
    probes: dict[str, float] = field(default_factory=dict)
    refused: float = 0
    empty: float = 0
    audio: float = 0
    inference: float = 0
    below_seconds: tuple[float, ...] = ()  # requests below each of BUCKETS, then all
    up: float = 1
    since: float = BORN
    until: float = 0
    hash: str = "bbb"
    pod: str = "asr-1"
    traffic: str = "user"

    def series(self) -> list[Series]:
        pod = {"namespace": "{namespace}", "pod": self.pod, "rollouts_pod_template_hash": self.hash}
        user = {**pod, "traffic": self.traffic}
        found = []
        for traffic, codes in ((self.traffic, self.answers), ("probe", self.probes)):
            for code, count in {"500": 0.0, "503": 0.0, "200": 0.0, **codes}.items():
                labels = {**pod, "traffic": traffic, "code": code, "reason": "any"}
                found.append(("asr_requests_total", labels, count))
        found.append(("asr_refused_total", {**user, "reason": "queue_full"}, self.refused))
        found.append(("asr_empty_transcripts_total", user, self.empty))
        found.append(("asr_audio_seconds_total", user, self.audio))
        found.append(("asr_inference_seconds_total", user, self.inference))
        for bound, count in zip((*BUCKETS, "+Inf"), self.below_seconds, strict=False):
            labels = {**user, "le": str(bound)}
            found.append(("asr_request_duration_seconds_bucket", labels, count))
        if self.below_seconds:
            found.append(("asr_request_duration_seconds_count", user, self.below_seconds[-1]))
        scrapes = flat("up", pod, self.up, since=self.since, until=self.until if self.up else 0)
        return [scrapes, *(flat(*one, since=self.since, until=self.until) for one in found)]


@dataclass(frozen=True)
class Gateway:
    """What a gateway pod has counted of the canary Service: of earlier candidates, then of this one."""

    before: dict[str, float] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    seen_age: float = 120  # when this candidate's were seen
    serves: bool = True  # whether any request for the model came this way
    pod: str = "gateway-1"
    outage: tuple[float, float] | None = None  # ages between which it was not scraped
    born: float = 600

    def series(self) -> list[Series]:
        cluster = {
            "pod": self.pod,
            "namespace": "istio-ingress",
            "cluster_name": "outbound|80||asr-canary.{namespace}.svc.cluster.local",
        }
        stable = {**cluster, "cluster_name": "outbound|80||asr-stable.{namespace}.svc.cluster.local"}
        total = flat("envoy_cluster_upstream_rq_total", stable, 1000, since=self.born)
        found = [total] if self.serves else []
        for code in self.before.keys() | self.since.keys():
            before, since = self.before.get(code, 0), self.since.get(code, 0)
            found.append(
                scraped(
                    "envoy_cluster_upstream_rq",
                    {**cluster, "response_code": code},
                    lambda age, before=before, since=since: before + (since if age <= self.seen_age else 0),
                    # Envoy makes the series of a code with its first answer.
                    since=self.born if before else self.seen_age,
                )
            )
        return [self._without_outage(series) for series in found]

    def _without_outage(self, series: Series) -> Series:
        if self.outage is None:
            return series
        oldest, youngest = self.outage
        points = tuple(point for point in series.points if not youngest <= point[0] <= oldest)
        return Series(series.name, series.labels, points)


QUIET = Gateway()
GOOD = Candidate({"200": 100})
KILLED = Candidate(since=500, until=350, pod="asr-0")
SUCCESSOR = Candidate({"200": 100}, since=335)
LONG_AGO = Gateway(since={"503": 40}, seen_age=400)
REFUSING = Candidate({"200": 50, "503": 50})
YESTERDAY = 9 * 3600  # a candidate that has waited for a person over night, and what it answered then
WAITED = Candidate({"200": 1000, "503": 50}, since=YESTERDAY)
ITS_OWN = Gateway(since={"503": 50}, seen_age=YESTERDAY - 60, born=YESTERDAY)

ERRORS: list[tuple[str, list[Candidate | Gateway], str]] = [
    ("few enough", [Candidate({"200": 990, "500": 10}), QUIET], "Successful"),
    ("none", [GOOD, QUIET], "Successful"),
    ("too many", [Candidate({"200": 980, "500": 20}), QUIET], "Failed"),
    ("one of few is a fluke", [Candidate({"200": 19, "500": 1}), QUIET], "Successful"),
    ("two of few are proof", [Candidate({"200": 18, "500": 2}), QUIET], "Failed"),
    ("one lost of few is a fluke", [Candidate({"200": 19}), Gateway(since={"503": 1})], "Successful"),
    ("too few requests", [Candidate({"200": 10, "500": 9}), QUIET], "Inconclusive"),
    # Throughput, the next gate, fails it: "refuses all".
    ("nothing but refusals", [Candidate({"503": 1000}), QUIET], "Successful"),
    ("refusals are requests", [Candidate({"200": 10, "503": 10}), QUIET], "Successful"),
    ("refusals are not errors", [REFUSING, QUIET], "Successful"),
    ("client's mistakes are not errors", [Candidate({"200": 50, "400": 50, "415": 9}), QUIET], "Successful"),
    ("client's mistakes dilute nothing", [Candidate({"200": 90, "500": 10, "400": 900}), QUIET], "Failed"),
    ("probes do not count", [Candidate({"200": 10}, probes={"200": 500}), QUIET], "Inconclusive"),
    ("lost on the way", [GOOD, Gateway(since={"503": 10})], "Failed"),
    ("lost after earlier losses", [GOOD, Gateway({"503": 40}, {"503": 10})], "Failed"),
    ("lost at another gateway pod", [GOOD, QUIET, Gateway(since={"504": 9}, pod="g-2")], "Failed"),
    ("only earlier candidates lost", [GOOD, Gateway({"503": 40, "500": 3})], "Successful"),
    ("a refusal is seen on both sides", [REFUSING, Gateway(since={"503": 50})], "Successful"),
    ("an error counts once", [Candidate({"200": 990, "500": 10}), Gateway(since={"500": 10})], "Successful"),
    ("seen at the gateway first", [GOOD, Gateway(since={"503": 10}, seen_age=5)], "Successful"),
    ("gateway not scraped for a while", [GOOD, Gateway({"503": 40}, outage=(200, 150))], "Successful"),
    ("gateway has served nobody", [GOOD, Gateway(serves=False)], "Inconclusive"),
    ("no gateway", [GOOD], "Inconclusive"),
    ("pod not scraped", [Candidate({"200": 100}, up=0), QUIET], "Inconclusive"),
    ("pod not scraped, and lost many", [Candidate(up=0, until=60), Gateway(since={"503": 30})], "Failed"),
    ("lost all", [Candidate(), Gateway(since={"503": 20})], "Failed"),
    ("lost all of too few", [Candidate(), Gateway(since={"503": 19})], "Inconclusive"),
    (
        "lost with a pod that was replaced",
        [KILLED, SUCCESSOR, Gateway(since={"503": 10}, seen_age=345)],
        "Failed",
    ),
    ("lost in an attempt before", [KILLED, Candidate({"200": 100}, since=200), LONG_AGO], "Successful"),
    ("its own refusals of yesterday are none lost", [WAITED, ITS_OWN], "Successful"),
    (
        "its own refusals of yesterday hide nothing lost",
        [WAITED, ITS_OWN, Gateway(since={"503": 30}, pod="g-2", born=YESTERDAY)],
        "Failed",
    ),
    ("counts are NaN", [Candidate({"200": math.nan}), QUIET], "Inconclusive"),
    ("gone for six minutes", [Candidate({"200": 100}, until=360), QUIET], "Inconclusive"),
    ("of another version", [Candidate({"200": 100}, hash="ccc"), QUIET], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]

# As in tests/e2e/values.yaml: few requests, and a ratio so high that they decide.
ERRORS_OF_FEW: list[tuple[str, list[Candidate | Gateway], str]] = [
    ("one of eight", [Candidate({"200": 7, "500": 1}), QUIET], "Successful"),
    ("half of eight", [Candidate({"200": 4, "500": 4}), QUIET], "Failed"),
]

LATENCY: list[tuple[str, list[Candidate], str]] = [
    ("soon enough", [Candidate(below_seconds=(90, 96, 100, 100, 100))], "Successful"),
    ("too slow", [Candidate(below_seconds=(0, 10, 90, 100, 100))], "Failed"),
    ("beyond the histogram", [Candidate(below_seconds=(0, 0, 0, 0, 100))], "Failed"),
    ("too few requests", [Candidate(below_seconds=(19, 19, 19, 19, 19))], "Inconclusive"),
    ("counts are NaN", [Candidate(below_seconds=(math.nan,) * 5)], "Inconclusive"),
    ("pod not scraped", [Candidate(below_seconds=(100,) * 5, up=0)], "Inconclusive"),
    ("gone for six minutes", [Candidate(below_seconds=(100,) * 5, until=360)], "Inconclusive"),
    ("of another version", [Candidate(below_seconds=(100,) * 5, hash="ccc")], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]

SOON, SLOWLY, NEVER = (90, 96, 100, 100, 100), (0, 10, 90, 100, 100), (0, 0, 0, 0, 100)
CAPACITY: list[tuple[str, list[Candidate], str]] = [
    ("soon enough", [Candidate({"200": 100}, below_seconds=SOON, traffic="load")], "Successful"),
    ("too slow", [Candidate({"200": 100}, below_seconds=SLOWLY, traffic="load")], "Failed"),
    ("beyond the histogram", [Candidate({"200": 100}, below_seconds=NEVER, traffic="load")], "Failed"),
    (
        "one of 100 refused",
        [Candidate({"200": 99, "503": 1}, below_seconds=SOON, traffic="load")],
        "Successful",
    ),
    ("two of 100 refused", [Candidate({"200": 98, "503": 2}, below_seconds=SOON, traffic="load")], "Failed"),
    ("one refused, one failed", [Candidate({"200": 98, "503": 1, "500": 1}, traffic="load")], "Failed"),
    ("refuses all", [Candidate({"503": 100}, traffic="load")], "Failed"),
    ("load cut short", [Candidate({"200": 79}, below_seconds=SOON, traffic="load")], "Inconclusive"),
    ("users are no load", [Candidate({"200": 100}, below_seconds=SOON)], "Inconclusive"),
    (
        "times are NaN",
        [Candidate({"200": 100}, below_seconds=(math.nan,) * 5, traffic="load")],
        "Inconclusive",
    ),
    ("pod not scraped", [Candidate({"200": 100}, below_seconds=SOON, up=0, traffic="load")], "Inconclusive"),
    ("gone for six minutes", [Candidate({"200": 100}, until=360, traffic="load")], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]

BUSY = {"200": 100.0}
THROUGHPUT: list[tuple[str, list[Candidate], str]] = [
    ("fast enough", [Candidate(BUSY, audio=500, inference=50)], "Successful"),
    ("exactly fast enough", [Candidate(BUSY, audio=500, inference=100)], "Successful"),
    ("too slow", [Candidate(BUSY, audio=499, inference=100)], "Failed"),
    ("refuses little", [Candidate({"200": 95, "503": 5}, refused=5, audio=500, inference=50)], "Successful"),
    ("refuses much", [Candidate({"200": 90, "503": 10}, refused=10, audio=500, inference=50)], "Failed"),
    ("refuses all", [Candidate({"503": 100}, refused=100)], "Failed"),
    ("too few requests", [Candidate({"200": 19}, audio=500, inference=50)], "Inconclusive"),
    ("answered nothing right", [Candidate({"500": 100})], "Inconclusive"),
    ("counts are NaN", [Candidate(BUSY, audio=math.nan, inference=50)], "Inconclusive"),
    ("pod not scraped", [Candidate(BUSY, audio=500, inference=50, up=0)], "Inconclusive"),
    ("gone for six minutes", [Candidate(BUSY, audio=500, inference=50, until=360)], "Inconclusive"),
    ("of another version", [Candidate(BUSY, audio=500, inference=50, hash="ccc")], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]

STABLE = Candidate({"200": 2000}, empty=40, hash="aaa", pod="asr-0")  # 2 % say nothing: at most 2.6 %
EMPTY: list[tuple[str, list[Candidate], str]] = [
    ("as many as stable", [STABLE, Candidate({"200": 100}, empty=2)], "Successful"),
    ("a few more are no proof", [STABLE, Candidate({"200": 100}, empty=7)], "Successful"),
    # (sqrt(10) - 0.82)^2 / 100 = 5.5 %, less 2.6 %.
    ("many more", [STABLE, Candidate({"200": 100}, empty=10)], "Failed"),
    ("half", [STABLE, Candidate({"200": 20}, empty=10)], "Failed"),
    ("stable answers nobody", [Candidate({"200": 100}, empty=1)], "Successful"),
    ("stable answers nobody, candidate is deaf", [Candidate({"200": 100}, empty=100)], "Failed"),
    ("failures are not answers", [STABLE, Candidate({"200": 10, "500": 90}, empty=10)], "Inconclusive"),
    ("too few answers", [STABLE, Candidate({"200": 19}, empty=19)], "Inconclusive"),
    ("counts are NaN", [STABLE, Candidate({"200": math.nan}, empty=math.nan)], "Inconclusive"),
    ("pod not scraped", [STABLE, Candidate({"200": 100}, up=0)], "Inconclusive"),
    ("gone for six minutes", [STABLE, Candidate({"200": 100}, until=360)], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]

# Without a gateway of ours only the pods are asked.
POD_ERRORS: list[tuple[str, list[Candidate], str]] = [
    ("none", [GOOD], "Successful"),
    ("too many", [Candidate({"200": 980, "500": 20})], "Failed"),
    ("too few requests", [Candidate({"200": 10, "500": 9})], "Inconclusive"),
    ("pod not scraped", [Candidate({"200": 100}, up=0)], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]

# In the background: silence and little decide nothing, which Argo counts as a success and goes on.
WATCHED: list[tuple[str, list[Candidate | Gateway], str]] = [
    ("nothing is there", [], "Successful"),
    ("too few requests", [Candidate({"200": 10, "500": 9}), QUIET], "Successful"),
    ("none", [GOOD, QUIET], "Successful"),
    ("too many", [Candidate({"200": 980, "500": 20}), QUIET], "Failed"),
]

TABLE = [
    ("empty-transcripts", {"max_excess": 0.02, "min_requests": 20}, EMPTY),
    (
        "capacity",
        {"quantile": 0.95, "max_seconds": 1.5, "max_unanswered_ratio": 0.01, "min_requests": 80},
        CAPACITY,
    ),
    ("pod-errors", {"max_ratio": 0.01, "min_requests": 20}, POD_ERRORS),
    ("errors-watch", {"max_ratio": 0.01, "min_requests": 20}, WATCHED),
    ("errors", {"max_ratio": 0.01, "min_requests": 20}, ERRORS),
    ("errors", {"max_ratio": 0.05, "min_requests": 8}, ERRORS_OF_FEW),
    ("latency", {"quantile": 0.95, "max_seconds": 1.5, "min_requests": 20}, LATENCY),
    (
        "throughput",
        {"min_audio_seconds_per_inference_second": 5, "max_refused_ratio": 0.05, "min_requests": 20},
        THROUGHPUT,
    ),
]


@pytest.mark.parametrize(
    ("gate", "thresholds", "seen", "verdict"),
    [
        pytest.param(gate, thresholds, seen, verdict, id=f"{gate}-{name}")
        for gate, thresholds, rows in TABLE
        for name, seen, verdict in rows
    ],
)
def test_a_candidate_is_judged(
    judge: Callable[..., str],
    gate: str,
    thresholds: dict[str, float],
    seen: list[Candidate | Gateway],
    verdict: str,
) -> None:
    series = [one for source in seen for one in source.series()]
    assert judge(gate, series, **thresholds) == verdict


def test_a_pods_own_errors_of_six_hours_ago_are_none_lost_though_the_pod_was_read_first(
    judge: Callable[..., str],
) -> None:
    """Both sides look back six hours, and the pod's scrape of then may be the later one."""
    edge = 6 * 3600
    pod = {"namespace": "{namespace}", "pod": "asr-1", "rollouts_pod_template_hash": "bbb"}
    own = {**pod, "traffic": "user", "code": "503", "reason": "any"}
    gateway = {
        "pod": "gateway-1",
        "cluster_name": "outbound|80||asr-canary.{namespace}.svc.cluster.local",
        "response_code": "503",
    }

    def risen(name: str, labels: dict[str, str], seen_age: float) -> Series:
        """50 from this age on; read every 5 s around it."""
        ages = [*range(edge + 600, edge + 60, -120), *range(edge + 60, edge - 60, -5)]
        ages += [*range(edge - 60, 0, -120), 0]
        points = [(age + seen_age % 5, 50.0 if age + seen_age % 5 <= seen_age else 0.0) for age in ages]
        return Series(name, labels, (*points, (0, 50.0)))

    series = [
        *(
            one
            for one in Candidate({"200": 100}, since=edge + 600).series()
            if one.labels.get("code") != "503"
        ),
        risen("asr_requests_total", own, edge + 4),
        risen("envoy_cluster_upstream_rq", gateway, edge - 3),
        flat("envoy_cluster_upstream_rq_total", gateway, 1000, since=edge + 600),
    ]

    assert judge("errors", series, max_ratio=0.01, min_requests=20) == "Successful"
