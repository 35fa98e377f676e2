"""Metrics of a real process: at 0 from the start, then counting by traffic."""

import pytest

from model_server.metrics import OUTCOMES, REFUSED


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
    labels = {"name": "moonshine-tiny-en", "version": "0.0.59", "digest": digest, "engine": "onnx"}

    assert fresh.metric("asr_model_info", **labels) == 1


def test_idle_queue_is_empty(fresh):
    assert fresh.metric("asr_queue_audio_seconds") == 0
    assert fresh.metric("asr_in_flight_requests") == 0
