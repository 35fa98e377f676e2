"""Metrics of a real process: at 0 from the start, then counting by traffic."""

import socket
import threading

import pytest

from model_server.metrics import OUTCOMES, REFUSED

# How slow a client is here; longer than the deadline of its predictor and than an inference.
UPLOAD_SECONDS = 3


@pytest.fixture(scope="module")
def fresh(launch):
    """A predictor nobody has asked anything."""
    return launch("--threads", "1").wait_ready()


@pytest.mark.parametrize("traffic", ["user", "probe"])
def test_series_count_from_zero_by_traffic(fresh, clip, traffic):
    labels = {"traffic": traffic}
    for code, reason in OUTCOMES:
        assert fresh.metric("asr_requests_total", **labels, code=str(code), reason=reason) == 0
    for reason in REFUSED:
        assert fresh.metric("asr_refused_total", **labels, reason=reason) == 0

    fresh.predict(clip, **({"x_serinus_probe": "golden"} if traffic == "probe" else {}))

    assert fresh.metric("asr_requests_total", **labels, code="200", reason="ok") == 1
    assert fresh.metric("asr_request_duration_seconds_count", **labels) == 1
    assert fresh.metric("asr_audio_seconds_total", **labels) == pytest.approx(9.963, abs=0.001)
    assert 0 < fresh.metric("asr_inference_seconds_total", **labels) < 10
    assert fresh.metric("asr_empty_transcripts_total", **labels) == 0


def test_model_is_told(fresh, artefact):
    from model_server.artefact.manifest import read_manifest

    digest = read_manifest(artefact).digest
    labels = {"name": "moonshine-tiny-en", "version": "0.0.59-1", "digest": digest, "engine": "onnx"}

    assert fresh.metric("asr_model_info", **labels) == 1


def test_idle_queue_is_empty(fresh):
    assert fresh.metric("asr_queue_audio_seconds") == 0
    assert fresh.metric("asr_in_flight_requests") == 0


def test_slow_upload_is_in_the_log_but_in_no_latency(launch, clip, wait_until):
    predictor = launch("--deadline-seconds", "1").wait_ready()
    host, port = predictor.url.removeprefix("http://").split(":")
    head = "POST /v1/models/asr:predict HTTP/1.1\r\nhost: x\r\ncontent-type: audio/wav\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"{head}content-length: {len(clip)}\r\n\r\n".encode() + clip[:1000])
        threading.Event().wait(UPLOAD_SECONDS)
        connection.sendall(clip[1000:])

        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")

    wait_until("it is counted", lambda: predictor.metric("asr_in_flight_requests") == 0, 10)
    latency = predictor.metric("asr_request_duration_seconds_sum", traffic="user")
    (logged,) = [line["seconds"] for line in predictor.log_lines() if line["message"] == "request"]
    assert logged - latency > UPLOAD_SECONDS / 2
