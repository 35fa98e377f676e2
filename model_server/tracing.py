"""OpenTelemetry traces of requests for speech: a server span each, with the measured stages inside.

Imported only where an OTLP endpoint is given, as OpenTelemetry costs a start's time; its own variables
(OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER ...) hold. Never a transcript. Knows nothing of HTTP's bodies.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from model_server.account import Account
from model_server.pipeline import STAGES

SERVICE_NAME = "serinus-predictor"
NANOSECONDS = 1_000_000_000
# Of the time that a pod has to end.
CLOSE_SECONDS = 3.0


@dataclass(frozen=True)
class Stretch:
    """A part of a request; start and end on the account's clock (monotonic seconds)."""

    name: str
    start: float
    end: float


def stretches(account: Account) -> list[Stretch]:
    """What a request spent its time on: its body, the queue, the stages.

    Each length is as measured. Decoding, voice activity and inference take turns block by block, so their
    sums are laid end to end.
    """
    taken = account.started if account.taken is None else account.taken
    lengths: list[tuple[str, float | None]] = [
        ("body", taken - account.started),
        ("queue", account.queue_seconds),
        *((stage, account.stage_seconds.get(stage)) for stage in STAGES),
    ]
    found, start = [], account.started
    for name, seconds in lengths:
        if seconds is not None:
            found.append(Stretch(name, start, start + seconds))
            start += seconds
    return found


class Tracing:
    """Where spans of answered requests go."""

    def __init__(self, model_name: str, model_version: str, pod_template_hash: str):
        about = {
            "service.name": SERVICE_NAME,
            "serinus.model.name": model_name,
            "serinus.model.version": model_version,
            "serinus.pod_template_hash": pod_template_hash,
        }
        # What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say comes last, and wins.
        resource = Resource.create(about).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("model_server")
        self._propagator = TraceContextTextMapPropagator()

    def record(
        self, account: Account, method: str, route: str, code: int, headers: Mapping[str, str]
    ) -> None:
        """Export the spans of a request answered just now; `headers` (lower case) may name a parent."""
        now = time.monotonic()
        # Both clocks are read once: their difference moves a trace, never its lengths.
        epoch = time.time_ns() - round(now * NANOSECONDS)

        def moment(seconds: float) -> int:
            return epoch + round(seconds * NANOSECONDS)

        span = self._tracer.start_span(
            f"{method} {route}",
            self._parent(headers),
            SpanKind.SERVER,
            _attributes(account, method, route, code),
            start_time=moment(account.started),
        )
        if code >= 500:
            span.set_status(StatusCode.ERROR, account.reason)
        inside = set_span_in_context(span)
        for part in stretches(account):
            self._tracer.start_span(part.name, inside, start_time=moment(part.start)).end(moment(part.end))
        span.end(moment(now))

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send what waits, for at most `seconds`."""
        closing = asyncio.get_running_loop().run_in_executor(None, self._provider.shutdown)
        await asyncio.wait([closing], timeout=seconds)

    def _parent(self, headers: Mapping[str, str]) -> Context:
        carrier = {name: headers[name] for name in self._propagator.fields if name in headers}
        return self._propagator.extract(carrier, Context())


def _attributes(account: Account, method: str, route: str, code: int) -> dict[str, str | int | float]:
    known: dict[str, str | int | float | None] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": code,
        "serinus.request_id": account.request_id,
        "serinus.traffic": account.traffic,
        "serinus.reason": account.reason,
        "serinus.audio_seconds": account.audio_seconds,
    }
    return {name: value for name, value in known.items() if value is not None}
