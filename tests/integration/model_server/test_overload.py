"""Overload: refused with Retry-After, in time, and never made unready by it."""

import contextlib
import select
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from model_server.intake import IntakeLimits


@pytest.fixture(scope="module")
def slow(launch):
    """Room for three clips, a second each, none of which may wait more than 1.5 s."""
    flags = ["--queue-seconds", "35", "--deadline-seconds", "1.5", "--fault", "inference_delay_seconds=1"]
    return launch(*flags).wait_ready()


def test_full_queue_and_deadline_refuse_and_the_rest_is_served(slow, clip):
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: slow.predict(clip), range(8)))
        states = {slow.state() for _ in range(3)}

    errors = [answer.json()["error"] for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {200, 503}
    assert any("queue holds" in error for error in errors)
    assert states == {(200, "ready")}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 503)


def test_request_that_waits_too_long_or_would_is_refused(slow, clip):
    with ThreadPoolExecutor(3) as clients:
        answers = list(clients.map(lambda _: slow.predict(clip), range(3)))

    late = [answer.json()["error"] for answer in answers if answer.status_code == 503]
    assert 1 <= len(late) <= 2  # the second one too, where the machine is slow
    assert all("longer than the deadline of" in error or "s left for it" in error for error in late)


def test_bodies_held_at_a_time_are_bounded_and_let_go(launch, clip, wait_until):
    predictor = launch("--max-audio-seconds", "0.1", "--queue-seconds", "0.1").wait_ready()
    host, port = predictor.url.removeprefix("http://").split(":")
    head = b"POST /v1/models/asr:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 70000\r\n\r\n"
    limits = IntakeLimits(max_audio_seconds=0.1, queue_seconds=0.1)
    with contextlib.ExitStack() as uploads:
        connections = []
        for _ in range(limits.max_held_bytes // 70_000 + 1):
            connection = socket.create_connection((host, int(port)), timeout=10)
            connections.append(uploads.enter_context(connection))
            connection.sendall(head + b"x" * 69_999)
        readable, _, _ = select.select(connections, [], [], 10)
        answer = readable[0].recv(4096)

        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5\r\n" in answer

    wait_until("all are gone", lambda: predictor.metric("asr_in_flight_requests") == 0, 10)
    assert predictor.predict(clip[:60_000]).status_code == 413


def test_liveness_answers_while_an_inference_runs(slow, clip):
    import httpx

    with ThreadPoolExecutor(1) as client:
        running = client.submit(slow.predict, clip)
        slowest = max(httpx.get(f"{slow.url}/healthz/live").elapsed.total_seconds() for _ in range(20))
        running.result()

    assert slowest < 0.5
    assert slow.metric("asr_refused_total", traffic="user", reason="queue_full") >= 1
