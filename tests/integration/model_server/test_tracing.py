"""A real predictor's traces at an OTLP receiver: the request's span and its stages, and no words in them."""

import io
import json
import socket
from base64 import b64encode

import numpy as np
import pytest
import soundfile
import soxr
import tritonclient.grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from websockets.sync.client import connect

from tests.loopback import Loopback

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Collector(Loopback):
    """An OTLP/HTTP receiver."""

    def __init__(self):
        super().__init__()
        self.spans = []

    def answer(self, path, headers, body):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.spans.extend(span for scope in resource.scope_spans for span in scope.spans)
        return 200, {}, b""


@pytest.fixture
def collector():
    """The address of an OTLP/HTTP receiver, and the spans that came."""
    with Collector() as collector:
        yield collector.url, collector.spans


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


def test_calls_and_spoken_utterances_are_traced_as_requests_are(launch, collector, clip, monkeypatch):
    url, spans = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    predictor = launch("--drain-delay-seconds", "0", "--grpc-port", str(port)).wait_ready()

    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{port}")
    sound = tritonclient.grpc.InferInput("audio", [1], "BYTES")
    sound.set_data_from_numpy(np.array([clip], dtype=object))
    client.infer("asr", [sound], headers={"traceparent": PARENT})
    client.close()
    with connect(f"{predictor.url.replace('http', 'ws')}/v1/realtime?intent=transcription") as session:
        spoken = soundfile.read(io.BytesIO(clip), dtype="int16")
        audio = soxr.resample(spoken[0], spoken[1], 24_000).tobytes()
        session.send(json.dumps({"type": "input_audio_buffer.append", "audio": b64encode(audio).decode()}))
        session.send(json.dumps({"type": "input_audio_buffer.commit"}))
        while not json.loads(session.recv(30))["type"].endswith("transcription.completed"):
            pass
    predictor.terminate()

    assert predictor.wait_exit() == 0
    traced = {span.name: span for span in spans if span.kind == span.SPAN_KIND_SERVER}
    assert set(traced) == {"POST /inference.GRPCInferenceService/ModelInfer", "GET /v1/realtime"}
    assert traced["POST /inference.GRPCInferenceService/ModelInfer"].trace_id.hex() == TRACE
