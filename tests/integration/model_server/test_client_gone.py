"""A client that leaves: its work stops, whether it waits or runs, and the next one is served."""

import socket

import pytest

GONE = {"traffic": "user", "code": "499", "reason": "client_gone"}


@pytest.fixture(scope="module")
def alone(launch):
    return launch("--max-audio-seconds", "600", "--queue-seconds", "1200").wait_ready()


def ask(predictor, content):
    """A connection on which a whole request was sent and no answer was read."""
    host, port = predictor.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    head = "POST /v1/models/asr:predict HTTP/1.1\r\nhost: x\r\ncontent-type: audio/wav\r\n"
    connection.sendall(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
    return connection


def test_work_stops_when_its_clients_leave(alone, clip, repeated, wait_until, words, spoken):
    long_clip = repeated(50)  # many seconds of work
    running, waiting = ask(alone, long_clip), ask(alone, long_clip)
    wait_until("both are in", lambda: alone.metric("asr_queue_audio_seconds") > 900, 30)

    waiting.close()
    wait_until("the one that waited is gone", lambda: alone.metric("asr_requests_total", **GONE) == 1, 10)
    running.close()
    wait_until("the one that ran is gone", lambda: alone.metric("asr_requests_total", **GONE) == 2, 10)

    assert alone.metric("asr_queue_audio_seconds") == 0
    assert spoken(alone.predict(clip).json()["predictions"][0]["text"]) == words
    # None of the five minutes and more of engine's work that was left was done.
    assert alone.metric("asr_stage_duration_seconds_count", stage="inference") == 1


def test_engines_outlive_clients_that_leave(alone):
    assert alone.metric("asr_engine_restarts_total") == 0
    assert alone.state() == (200, "ready")
