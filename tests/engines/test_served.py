"""The whole predictor with this engine: a process on loopback that becomes ready and answers."""

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from model_server.self_test import spoken_words

START_SECONDS = 120
STOP_SECONDS = 30


@pytest.fixture(scope="module")
def url(artefact, tmp_path_factory):
    """A predictor that is ready, ended by SIGTERM."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "model_server", "--model", str(artefact.folder), "--port", str(port)]
    log = tmp_path_factory.mktemp("predictor") / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--engine-processes", "1", "--drain-delay-seconds", "0"],
            stdout=sink,
            stderr=sink,
            cwd=Path(__file__).parents[2],
        )
    try:
        _wait_ready(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(timeout=STOP_SECONDS) == 0
    finally:
        process.kill()
        process.wait()


def _wait_ready(url, process, log):
    end, pause = time.monotonic() + START_SECONDS, threading.Event()
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/healthz/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        pause.wait(0.1)
    pytest.fail(f"not ready within {START_SECONDS} s: {log.read_text()}")


def test_clip_is_answered_with_its_words(url, artefact):
    content = artefact.path(artefact.self_test.audio).read_bytes()
    answer = httpx.post(
        f"{url}/v1/models/asr:predict", content=content, headers={"content-type": "audio/wav"}, timeout=60
    )

    assert answer.status_code == 200, answer.text
    heard = answer.json()["predictions"][0]["text"]
    assert spoken_words(heard) == spoken_words(artefact.self_test.text)


def test_model_and_version_are_told(url, artefact):
    answer = httpx.get(f"{url}/metrics", timeout=5)

    assert f'engine="{artefact.engine}"' in answer.text
    assert f'name="{artefact.name}"' in answer.text
