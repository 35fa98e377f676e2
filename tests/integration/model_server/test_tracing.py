"""A real predictor's traces at an OTLP receiver: the request's span and its stages, and no words in them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def collector():
    """The address of an OTLP/HTTP receiver, and the spans that came."""
    spans = []

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self):
            request = ExportTraceServiceRequest.FromString(
                self.rfile.read(int(self.headers["content-length"]))
            )
            spans.extend(
                span
                for resource in request.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiving) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", spans
        server.shutdown()
        thread.join()


def test_request_is_traced_under_its_callers_trace_without_a_word(launch, collector, clip, monkeypatch):
    url, spans = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    predictor = launch("--drain-delay-seconds", "0").wait_ready()

    answer = predictor.predict(clip, traceparent=PARENT)
    predictor.terminate()

    assert predictor.wait_exit() == 0
    (server,) = [span for span in spans if span.kind == span.SPAN_KIND_SERVER]
    assert (server.name, server.trace_id.hex()) == ("POST /v1/models/{name}:predict", TRACE)
    children = {span.name: span for span in spans if span.parent_span_id == server.span_id}
    assert set(children) == {"body", "queue", "decode", "quality", "voice_activity", "inference"}
    inference = children["inference"].end_time_unix_nano - children["inference"].start_time_unix_nano
    assert inference / 1e6 == pytest.approx(float(answer.headers["x-serinus-inference-ms"]), abs=0.01)
    assert all("better" not in str(span).lower() for span in spans)
