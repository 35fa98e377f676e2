"""The end: SIGTERM under load makes it unready at once, loses no request and exits 0.

`pytest tests/integration/model_server/test_drain.py --drains 50` does it fifty times.
"""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

DRAIN_SECONDS = 2
# How long the rest of a cluster goes on sending after a pod turned unready; shorter than the drain.
ENDPOINT_LAG_SECONDS = 1


def pytest_generate_tests(metafunc):
    if "drain" in metafunc.fixturenames:
        # Known to pytest only where this folder, or a file of it, is named on the command line.
        metafunc.parametrize("drain", range(metafunc.config.getoption("drains", 1)))


def test_sigterm_under_load_loses_nothing(drain, launch, clip, repeated, wait_until):
    predictor = launch("--drain-delay-seconds", str(DRAIN_SECONDS)).wait_ready()
    removed = threading.Event()
    long_clip = repeated(2)

    def keep_asking(_):
        """One client on one kept connection, until the endpoint is removed."""
        statuses = []
        with httpx.Client(timeout=60) as client:
            while not removed.is_set():
                answer = client.post(
                    f"{predictor.url}/v1/models/asr:predict",
                    content=clip,
                    headers={"content-type": "audio/wav"},
                )
                statuses.append(answer.status_code)
        return statuses

    with ThreadPoolExecutor(5) as clients:
        asking = [clients.submit(keep_asking, n) for n in range(3)]
        wait_until("load", lambda: predictor.metric("asr_in_flight_requests") >= 2, 30)
        predictor.terminate()
        signalled = time.monotonic()
        wait_until("not ready", lambda: predictor.state() == (503, "draining"), 1)
        threading.Timer(ENDPOINT_LAG_SECONDS, removed.set).start()
        removed.wait(30)
        last = clients.submit(predictor.predict, long_clip)
        status = predictor.wait_exit(seconds=60)
        lasted = time.monotonic() - signalled
        statuses = [code for client in asking for code in client.result()]

    assert set(statuses) == {200}
    assert last.result().status_code == 200
    assert status == 0
    assert lasted >= DRAIN_SECONDS


def test_upload_begun_before_sigterm_is_answered_after_it(launch, clip, wait_until):
    predictor = launch("--drain-delay-seconds", "0").wait_ready()
    host, port = predictor.url.removeprefix("http://").split(":")
    head = "POST /v1/models/asr:predict HTTP/1.1\r\nhost: x\r\ncontent-type: audio/wav\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{head}content-length: {len(clip)}\r\n\r\n".encode() + clip[:1000])
        wait_until("the upload has begun", lambda: predictor.metric("asr_in_flight_requests") == 1, 10)
        predictor.terminate()
        wait_until("nobody listens", lambda: predictor.state() == (0, ""), 10)
        connection.sendall(clip[1000:])

        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")

    assert predictor.wait_exit() == 0


def test_second_signal_ends_the_delay(launch, wait_until):
    predictor = launch("--drain-delay-seconds", "120").wait_ready()

    predictor.terminate()
    wait_until("draining", lambda: predictor.state() == (503, "draining"), 5)
    predictor.terminate()

    assert predictor.wait_exit(seconds=10) == 0
