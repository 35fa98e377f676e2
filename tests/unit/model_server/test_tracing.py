"""Traces: a server span with its measured stages reaches an OTLP receiver, under the caller's trace.

The receiver on loopback parses OTLP/HTTP with OpenTelemetry's own protocol buffers.
"""

import asyncio

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from model_server.account import Account
from model_server.tracing import Tracing, stretches
from tests.loopback import Loopback

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ROUTE = "/v1/audio/transcriptions"


class Collector(Loopback):
    """An OTLP/HTTP receiver that keeps spans by name, and the resource they came from."""

    def __init__(self):
        super().__init__()
        self.spans, self.resource = {}, {}

    def answer(self, path, headers, body):
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resource = attributes(resource.resource)
                self.spans |= {span.name: span for scope in resource.scope_spans for span in scope.spans}
        return 200, {}, b""


def attributes(thing):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in thing.attributes}


@pytest.fixture
def collector(monkeypatch):
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        yield collector


@pytest.fixture
def account():
    """A request of 2 s audio: 0.1 s of upload, 0.2 s of queue, 0.4 s of stages."""
    stages = {"decode": 0.05, "quality": 0.02, "voice_activity": 0.03, "inference": 0.3}
    account = Account("r1", "user", audio_seconds=2.0, queue_seconds=0.2, stage_seconds=stages)
    account.taken = account.started + 0.1
    return account


def export(account, code=200, headers=None):
    async def record_and_close():
        tracing = Tracing("moonshine", "1", "5d9")
        tracing.record(account, "POST", ROUTE, code, headers or {})
        await tracing.close(60)

    asyncio.run(record_and_close())


def seconds(span):
    return round((span.end_time_unix_nano - span.start_time_unix_nano) / 1e9, 6)


def test_server_span_tells_the_request(collector, account):
    export(account)

    span = collector.spans[f"POST {ROUTE}"]
    assert span.kind == span.SPAN_KIND_SERVER
    assert attributes(span) == {
        "http.request.method": "POST",
        "http.route": ROUTE,
        "http.response.status_code": 200,
        "serinus.request_id": "r1",
        "serinus.traffic": "user",
        "serinus.reason": "ok",
        "serinus.audio_seconds": 2.0,
    }


def test_stages_are_its_children_with_their_measured_lengths(collector, account):
    export(account)

    server = collector.spans.pop(f"POST {ROUTE}")
    assert {name: seconds(span) for name, span in collector.spans.items()} == {
        "body": 0.1,
        "queue": 0.2,
        "decode": 0.05,
        "quality": 0.02,
        "voice_activity": 0.03,
        "inference": 0.3,
    }
    assert {span.parent_span_id for span in collector.spans.values()} == {server.span_id}


def test_callers_trace_is_continued(collector, account):
    export(account, headers={"traceparent": PARENT, "tracestate": "vendor=1"})

    span = collector.spans[f"POST {ROUTE}"]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (PARENT[3:35], PARENT[36:52])


@pytest.mark.parametrize("parent", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "\xff"])
def test_callers_nonsense_begins_a_trace(collector, account, parent):
    export(account, headers={"traceparent": parent})

    span = collector.spans[f"POST {ROUTE}"]
    assert (len(span.trace_id), span.parent_span_id) == (16, b"")


def test_trace_that_the_caller_does_not_sample_is_not_sent(collector, account):
    export(account, headers={"traceparent": PARENT[:-2] + "00"})

    assert collector.spans == {}


def test_refusal_has_only_what_was_measured_and_a_server_error_says_so(collector):
    export(Account("r2", "user", reason="queue_full"), code=503)

    assert set(collector.spans) == {f"POST {ROUTE}", "body"}
    status = collector.spans[f"POST {ROUTE}"].status
    assert (status.code, status.message) == (status.STATUS_CODE_ERROR, "queue_full")


def test_resource_says_which_pod_and_the_environment_wins(collector, account, monkeypatch):
    monkeypatch.setenv("OTEL_SERVICE_NAME", "dictation")

    export(account)

    assert collector.resource["service.name"] == "dictation"
    assert collector.resource["serinus.pod_template_hash"] == "5d9"


def test_stretches_lie_end_to_end(account):
    parts = stretches(account)

    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    assert parts[0].start == account.started
