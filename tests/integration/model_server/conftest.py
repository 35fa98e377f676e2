"""A real predictor process on loopback with the real model, fetched once into the user's cache.

Nothing here is a mock. The cluster around a predictor is tested in tests/e2e.
"""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import soundfile

MODEL = "moonshine-tiny-en"
START_SECONDS = 60
STOP_SECONDS = 30


def pytest_addoption(parser):
    parser.addoption("--drains", type=int, default=1, help="how often a predictor under load is told to end")


def _wait_until(what, condition, seconds):
    """What `condition` returns once it is true; a failure that says what did not happen in time."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        pause.wait(0.05)
    pytest.fail(f"not within {seconds} s: {what}")


class Predictor:
    """One process of `python -m model_server`."""

    def __init__(self, folder, log_path, *flags):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log_path = log_path
        # One for all requests: making a client loads certificates, and takes longer than many a request. Each
        # request has a connection of its own, so that none is there when nobody should be connected.
        self._client = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
        # One engine is enough for most, and the default, one for each CPU, starts more slowly.
        command = [sys.executable, "-m", "model_server", "--model", str(folder), "--port", str(port)]
        command += ["--engine-processes", "1", *flags]
        with log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stderr=log,
                stdout=log,
                cwd=Path(__file__).parents[3],
                env={**os.environ, "SERINUS_POD_TEMPLATE_HASH": "abc123"},
            )

    def state(self):
        """What /healthz/ready says: its status and state; (0, "") where nobody listens."""
        try:
            answer = self._client.get(f"{self.url}/healthz/ready", timeout=5)
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.json()["state"]

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, self.log()
            return self.state() == (200, "ready")

        _wait_until(f"the predictor is ready; its log: {self._log_path}", ready, START_SECONDS)
        return self

    def wait_exit(self, seconds=STOP_SECONDS):
        return self.process.wait(timeout=seconds)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def log(self):
        return self._log_path.read_text()

    def log_lines(self):
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def predict(self, content, timeout=60, **headers):
        sent = {
            "content-type": "audio/wav",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        url = f"{self.url}/v1/models/asr:predict"
        return self._client.post(url, content=content, headers=sent, timeout=timeout)

    def metric(self, name, /, **labels):
        """One sample of /metrics; None where it does not exist."""
        from prometheus_client.parser import text_string_to_metric_families

        for family in text_string_to_metric_families(self._client.get(f"{self.url}/metrics").text):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return None


@pytest.fixture(scope="session")
def wait_until():
    return _wait_until


@pytest.fixture(scope="session")
def artefact():
    """The model's folder in the user's cache, every digest checked."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(os.environ.get("SERINUS_CACHE") or f"{home}/serinus", "models", MODEL)
    fetch = [sys.executable, "-m", "model_server.artefact", "fetch", MODEL, "--out", str(folder)]
    subprocess.run(fetch, check=True, cwd=Path(__file__).parents[3], timeout=240)
    return folder


@pytest.fixture(scope="session")
def launch(artefact, tmp_path_factory):
    """Starts predictors with flags; those still running at the end are killed."""
    with contextlib.ExitStack() as running:

        def launch(*flags, folder=artefact):
            log = tmp_path_factory.mktemp("predictor") / "log"
            predictor = Predictor(folder, log, *flags)
            running.callback(predictor.process.wait, timeout=STOP_SECONDS)
            running.callback(predictor.process.kill)
            return predictor

        yield launch


@pytest.fixture(scope="session")
def predictor(launch):
    """The predictor most tests share: defaults, but audio of at most 60 s."""
    return launch("--max-audio-seconds", "60").wait_ready()


@pytest.fixture(scope="session")
def clip(artefact):
    """Ten seconds of speech with known words."""
    return (artefact / "self-test.wav").read_bytes()


@pytest.fixture(scope="session")
def words():
    text = "ever tried ever failed no matter try again fail again fail better"
    return text.split()


@pytest.fixture(scope="session")
def repeated(clip):
    """The clip `times` over, as one file."""

    def repeated(times):
        samples, sample_rate = soundfile.read(io.BytesIO(clip), dtype="int16")
        buffer = io.BytesIO()
        with soundfile.SoundFile(buffer, "w", sample_rate, 1, "PCM_16", format="WAV") as file:
            for _ in range(times):
                file.write(samples)
        return buffer.getvalue()

    return repeated


@pytest.fixture
def spoken():
    """The words of a text, without case or punctuation."""
    return lambda text: [word.strip(".,!?").lower() for word in text.split()]
