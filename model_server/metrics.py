"""Every metric of the predictor, defined here and nowhere else; contracts.toml lists the same names."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from model_server.account import LOAD_TRAFFIC, PARTIAL_TRAFFIC, PROBE_TRAFFIC, USER_TRAFFIC, Account
from model_server.errors import REFUSALS, DeadlineError, DrainingError, QueueFullError
from model_server.events import contents, outbox
from model_server.pipeline import STAGES, Figures
from model_server.search import time_box
from model_server.transcript import Transcript

TRAFFIC = (USER_TRAFFIC, PROBE_TRAFFIC, LOAD_TRAFFIC, PARTIAL_TRAFFIC)
# Why a realtime session ended: the words of protocols/realtime_connection.py.
ENDINGS = ("client", "drained", "errors", "expired", "idle", "internal", "slow")
OK = (200, "ok")
# What a request for speech can end in; each of these series exists at 0 from the start.
OUTCOMES = (OK, *((refusal.code, refusal.reason) for refusal in REFUSALS))
REFUSED = tuple(refusal.reason for refusal in (QueueFullError, DeadlineError, DrainingError))
# Users' latency is that of requests taken on: a refusal's or a client's mistake's is no speech latency.
TIMED = ("ok", "deadline", "internal", "fault")

LATENCY_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75),
    *(1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 60),
)
STAGE_BUCKETS = (0.001, 0.0025, *LATENCY_BUCKETS)
DURATION_BUCKETS = (0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300, 600)
RATIO_BUCKETS = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
WORD_RATE_BUCKETS = (0.25, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8)
QUALITIES = (
    ("speech_ratio", "Share of a clip that is speech.", RATIO_BUCKETS),
    ("clipped_ratio", "Share of a clip at full scale.", RATIO_BUCKETS),
    (
        "loudness_lufs",
        "Integrated loudness of a clip.",
        (-60, -50, -40, -35, -30, -26, -23, -20, -16, -12, -8),
    ),
    ("snr_db", "Speech over noise of a clip.", (0, 5, 10, 15, 20, 25, 30, 40, 50)),
    ("lead_silence_seconds", "Silence before speech.", (0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)),
    ("trail_silence_seconds", "Silence after speech.", (0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)),
)


class Metrics:
    """The predictor's metrics on one registry."""

    def __init__(self, registry: CollectorRegistry):
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(name, text, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, text, labels, buckets=buckets, registry=registry)

        self.requests = counter(
            "asr_requests_total", "Requests for speech, by answer.", "traffic", "code", "reason"
        )
        self.request_duration = histogram(
            "asr_request_duration_seconds",
            "Requests taken on, from body to answer.",
            LATENCY_BUCKETS,
            "traffic",
        )
        self.audio = counter("asr_audio_seconds_total", "Audio of requests answered 200.", "traffic")
        self.inference = counter("asr_inference_seconds_total", "Engine time of the same.", "traffic")
        self.stages = histogram(
            "asr_stage_duration_seconds", "Time of a stage of one clip.", STAGE_BUCKETS, "stage"
        )
        self.queue_audio = gauge("asr_queue_audio_seconds", "Audio waiting or worked on.")
        self.queue_wait = histogram(
            "asr_queue_wait_seconds", "Wait for the engine.", (0.001, *LATENCY_BUCKETS)
        )
        self.in_flight = gauge("asr_in_flight_requests", "Requests for speech not answered yet.")
        self.refused = counter("asr_refused_total", "Requests refused by load or end.", "traffic", "reason")
        self.input_duration = histogram("asr_input_duration_seconds", "Length of a clip.", DURATION_BUCKETS)
        # By the names of InputQuality's fields.
        self.qualities = {
            name: histogram(f"asr_input_{name}", text, buckets) for name, text, buckets in QUALITIES
        }
        self.word_rate = histogram(
            "asr_output_words_per_second", "Words per second of audio.", WORD_RATE_BUCKETS
        )
        self.confidence = histogram(
            "asr_output_confidence", "The decoder's confidence in a transcript.", RATIO_BUCKETS
        )
        self.engine_restarts = counter("asr_engine_restarts_total", "Engine processes that died.")
        self.searches = counter("asr_search_total", "Searches for a transcript's words.", "outcome")
        self.events = counter("asr_events_total", "Events for a receiver.", "type", "outcome")
        self.empty = counter("asr_empty_transcripts_total", "Requests answered without a word.", "traffic")
        self.realtime_sessions = gauge("asr_realtime_sessions", "Realtime sessions that are open.")
        self.realtime_ended = counter("asr_realtime_ended_total", "Sessions that ended, by why.", "ending")
        self.realtime_refused_events = counter(
            "asr_realtime_refused_events_total", "Clients' events answered by an error event."
        )
        self._info = Gauge(
            "asr_model_info",
            "The model served; always 1.",
            ("name", "version", "digest", "engine"),
            registry=registry,
        )
        self._create_series()

    def describe_model(self, name: str, version: str, digest: str, engine: str) -> None:
        """Say which model is served."""
        self._info.labels(name, version, digest, engine).set(1)

    def count_answer(self, account: Account, code: int, seconds: float) -> None:
        """Count one answered request for speech that took `seconds` once its body was in."""
        self.requests.labels(account.traffic, str(code), account.reason).inc()
        if account.reason in REFUSED:
            self.refused.labels(account.traffic, account.reason).inc()
        if account.reason in TIMED:
            self.request_duration.labels(account.traffic).observe(seconds)

    def count_recognition(self, transcript: Transcript, figures: Figures, traffic: str) -> None:
        """Count one clip of a request answered 200."""
        self.audio.labels(traffic).inc(transcript.duration)
        self.inference.labels(traffic).inc(figures.stage_seconds["inference"])
        for stage, seconds in figures.stage_seconds.items():
            self.stages.labels(stage).observe(seconds)
        if traffic == PARTIAL_TRAFFIC:
            return  # the same audio will come again as a whole, and be described then
        self.input_duration.observe(transcript.duration)
        for name, histogram in self.qualities.items():
            value = getattr(figures.quality, name, None)
            if value is not None:
                histogram.observe(value)
        self.word_rate.observe(transcript.word_count / transcript.duration)
        if transcript.confidence is not None:
            self.confidence.observe(transcript.confidence)

    def count_if_empty(self, transcripts: Sequence[Transcript], traffic: str) -> None:
        """Count a request answered 200 that has no word in any of its clips."""
        if traffic != PARTIAL_TRAFFIC and not any(each.word_count for each in transcripts):
            self.empty.labels(traffic).inc()

    def count_search(self, outcome: str) -> None:
        """Count one search."""
        self.searches.labels(outcome).inc()

    def count_event(self, kind: str, outcome: str) -> None:
        """Count what became of one event."""
        self.events.labels(kind, outcome).inc()

    def _create_series(self) -> None:
        for traffic in TRAFFIC:
            for code, reason in OUTCOMES:
                self.requests.labels(traffic, str(code), reason)
            for reason in REFUSED:
                self.refused.labels(traffic, reason)
            for metric in (self.request_duration, self.audio, self.inference, self.empty):
                metric.labels(traffic)
        for stage in STAGES:
            self.stages.labels(stage)
        for ending in ENDINGS:
            self.realtime_ended.labels(ending)
        for outcome in time_box.OUTCOMES:
            self.searches.labels(outcome)
        for kind in contents.TYPES:
            for outcome in outbox.OUTCOMES:
                self.events.labels(kind, outcome)
