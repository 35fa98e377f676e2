"""Two real predictor processes on addresses that stand for pods, and a golden set of forty real clips.

The Kubernetes API is scripted; a real one is in tests/e2e.
"""

import contextlib
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.rollout_policies.scripted_api import ScriptedApi

ROOT = Path(__file__).parents[3]
MODEL = "moonshine-tiny-en"
CLIPS = 40


def wait_until(what: str, holds: Callable[[], Any], seconds: float) -> Any:
    """Return what `holds` does once it is true, or fail by the name of what was waited for."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        pause.wait(0.1)
    pytest.fail(f"not within {seconds} s: {what}")


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("SERINUS_CACHE") or f"{home}/serinus")


def free_port() -> int:
    """Return a port that nothing listened on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Pod(socketserver.ThreadingTCPServer):
    """A loopback address whose one port leads to a predictor's: pods share a port and differ in address."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str, port: int, predictor_port: int) -> None:
        super().__init__((address, port), _Relay)
        self.predictor_port = predictor_port
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Relay(socketserver.BaseRequestHandler):
    server: Pod

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.predictor_port)) as onward:
            back = threading.Thread(target=_pump, args=(onward, self.request), daemon=True)
            back.start()
            _pump(self.request, onward)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def golden_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of forty clips of several words each, taken from the assembled set asterisk-en."""
    directory = tmp_path_factory.mktemp("golden") / "set"
    command = [sys.executable, "-m", "rollout_policies.golden.assemble", "--out", str(directory)]
    subprocess.run(command, check=True, cwd=ROOT, timeout=240)
    manifest = directory / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    several = [row for row in rows if 4 <= row["words"] <= 12][:CLIPS]
    manifest.write_text("".join(f"{json.dumps(row)}\n" for row in several), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def start_predictor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., int]]:
    """Start a predictor of a pod-template hash with flags and return its port; all are killed at the end."""
    folder = _cache() / "models" / MODEL
    fetch = [sys.executable, "-m", "model_server.artefact", "fetch", MODEL, "--out", str(folder)]
    subprocess.run(fetch, check=True, cwd=ROOT, timeout=240)
    with contextlib.ExitStack() as running:

        def start(pod_template_hash: str, *flags: str) -> int:
            port, log = free_port(), tmp_path_factory.mktemp("predictor") / "log"
            command = [sys.executable, "-m", "model_server", "--model", str(folder), "--port", str(port)]
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [*command, "--threads", "1", *flags],
                    stdout=output,
                    stderr=output,
                    cwd=ROOT,
                    env={**os.environ, "SERINUS_POD_TEMPLATE_HASH": pod_template_hash},
                )
            running.callback(process.wait, timeout=30)
            running.callback(process.kill)

            def ready() -> bool:
                assert process.poll() is None, log.read_text()
                with contextlib.suppress(httpx.TransportError):
                    return (
                        httpx.get(f"http://127.0.0.1:{port}/healthz/ready", trust_env=False).status_code
                        == 200
                    )
                return False

            wait_until(f"the predictor is ready; its log: {log}", ready, 90)
            return port

        yield start


@pytest.fixture(scope="module")
def api(start_predictor: Callable[..., int]) -> Iterator[ScriptedApi]:
    """A Kubernetes API with one Rollout whose candidate cuts the last 0.6 s of each clip."""
    port = free_port()
    pods = [
        Pod("127.0.0.2", port, start_predictor("stable1")),
        Pod("127.0.0.3", port, start_predictor("candidate1", "--fault", "cut_tail_seconds=0.6")),
    ]
    server = ScriptedApi()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    server.answers = {
        "/apis/argoproj.io/v1alpha1/rollouts": {"items": [_rollout(port)]},
        "/api/v1/namespaces/speech/pods": {
            "items": [_pod("asr-s", "stable1", "127.0.0.2"), _pod("asr-c", "candidate1", "127.0.0.3")]
        },
        # Created ones are answered with an Event, those asked for with a list.
        "/api/v1/namespaces/speech/events": {"metadata": {}, "involvedObject": {}, "items": []},
        "/apis/argoproj.io/v1alpha1/namespaces/speech/rollouts/asr": _rollout(port),
        "/apis/argoproj.io/v1alpha1/namespaces/speech/analysisruns": {"items": []},
    }
    yield server
    for listening in (server, *pods):
        listening.shutdown()
        listening.server_close()


def _rollout(port: int) -> dict[str, Any]:
    annotations = {
        "rollout.argoproj.io/revision": "2",
        "serinus.dev/golden-set": "forty",
        "serinus.dev/probe-port": str(port),
        "serinus.dev/probe-rate": "20",
    }
    return {
        "metadata": {"namespace": "speech", "name": "asr", "uid": "u-1", "annotations": annotations},
        "spec": {"selector": {"matchLabels": {"app": "asr"}}},
        "status": {"stableRS": "stable1", "currentPodHash": "candidate1"},
    }


def _pod(name: str, pod_template_hash: str, address: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"rollouts-pod-template-hash": pod_template_hash}},
        "status": {"podIP": address, "conditions": [{"type": "Ready", "status": "True"}]},
    }
