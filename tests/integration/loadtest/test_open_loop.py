"""The load against a real server on loopback: what leaves when, who answered, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
TRANSCRIPT = json.dumps({"predictions": [{"text": "goodbye", "duration": 1.0, "segments": []}]}).encode()


class Seen:
    """What the server met, and a gate that holds its answers back while it is closed."""

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []
        self.open = threading.Event()
        self.open.set()


@contextmanager
def speech_server(status: int = 200, body: bytes = TRANSCRIPT) -> Iterator[tuple[str, Seen]]:
    seen = Seen()

    class Predictor(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            seen.requests.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
            seen.open.wait(20)
            self.send_response(status)
            for name, value in (
                ("x-request-id", f"id-{len(seen.requests)}"),
                ("x-serinus-model-version", "2"),
                ("x-serinus-pod-template-hash", "abc"),
                ("content-length", str(len(body))),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Predictor)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        seen.open.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.wav").write_bytes(b"RIFF" + bytes(number + 1))
    return folder


def start_load(url: str, clips: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "loadtest", "--url", url, "--audio", str(clips), *more]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )


def finish(load: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    out, err = load.communicate(timeout=60)
    return load.returncode, json.loads(out) if out else {}, err


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_until(what: str, true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause.wait(0.02)


def test_each_request_leaves_a_line_that_tells_who_answered(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    with speech_server() as (url, seen):
        code, summary, _ = finish(
            start_load(url, clips, "--rate", "20", "--duration", "0.5", "--out", str(out))
        )
    assert (code, len(lines_of(out)), len(seen.requests)) == (0, 10, 10)
    assert {(line["status"], line["model_version"], line["pod_template_hash"]) for line in lines_of(out)} == {
        (200, "2", "abc")
    }
    assert summary["by_pod_template_hash"]["abc"]["requests"] == 10


def test_clips_go_to_the_predict_path_as_wav_under_the_asked_host(clips: Path) -> None:
    with speech_server() as (url, seen):
        finish(start_load(url, clips, "--rate", "5", "--duration", "0.2", "--host", "asr.example"))
    assert seen.requests[0]["path"] == "/v1/models/asr:predict"
    assert (seen.requests[0]["host"], seen.requests[0]["content-type"]) == ("asr.example", "audio/wav")


@pytest.mark.parametrize(("traffic", "header"), [("user", None), ("load", "load")])
def test_load_that_is_no_users_says_so(clips: Path, traffic: str, header: str | None) -> None:
    with speech_server() as (url, seen):
        finish(start_load(url, clips, "--rate", "5", "--duration", "0.2", "--traffic", traffic))
    assert seen.requests[0].get("x-serinus-probe") == header


def test_stalled_server_does_not_slow_the_load_and_latency_counts_from_the_due_time(
    clips: Path, tmp_path: Path
) -> None:
    out = tmp_path / "requests.jsonl"
    with speech_server() as (url, seen):
        seen.open.clear()
        load = start_load(url, clips, "--rate", "20", "--duration", "1", "--out", str(out))
        wait_until("all 20 requests reach the stalled server", lambda: len(seen.requests) == 20)
        seen.open.set()
        code, summary, _ = finish(load)
    latencies = [line["latency_seconds"] for line in sorted(lines_of(out), key=lambda line: line["t"])]
    assert (code, summary["sent"]) == (0, 20)
    # The first was due 0.95 s before the last, and all were answered when the gate opened.
    assert latencies[0] - latencies[-1] == pytest.approx(0.95, abs=0.3)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(503, b'{"error": "full"}', "status 503"), (200, b"{}", "without a transcript")],
)
def test_answer_without_transcript_is_a_failure(
    clips: Path, tmp_path: Path, status: int, body: bytes, error: str
) -> None:
    out = tmp_path / "requests.jsonl"
    with speech_server(status, body) as (url, _):
        code, summary, said = finish(
            start_load(url, clips, "--rate", "5", "--duration", "0.4", "--out", str(out), "--fail-on-errors")
        )
    assert (code, summary["failed"]) == (1, 2)
    assert error in lines_of(out)[0]["error"]
    assert "2 of 2 requests failed" in said


def test_nobody_listening_is_status_zero(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    with speech_server() as (url, _):
        pass
    finish(start_load(url, clips, "--rate", "5", "--duration", "0.2", "--out", str(out)))
    assert (lines_of(out)[0]["status"], lines_of(out)[0]["model_version"]) == (0, "")
    assert "no answer" in lines_of(out)[0]["error"]


def test_sigterm_stops_sending_and_ends_what_is_in_flight(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    with speech_server() as (url, seen):
        seen.open.clear()
        load = start_load(url, clips, "--rate", "10", "--duration", "600", "--out", str(out))
        wait_until("3 requests are in flight", lambda: len(seen.requests) >= 3)
        load.send_signal(signal.SIGTERM)
        seen.open.set()
        code, summary, _ = finish(load)
    assert (code, summary["ended_by"], summary["failed"]) == (0, "signal", 0)
    assert summary["sent"] == len(lines_of(out)) == len(seen.requests)


def test_fewer_requests_than_the_minimum_exit_with_one(clips: Path) -> None:
    with speech_server() as (url, _):
        code, _, said = finish(
            start_load(url, clips, "--rate", "5", "--duration", "0.4", "--min-requests", "3")
        )
    assert code == 1
    assert "2 requests were sent; at least 3" in said


def test_locust_itself_runs_the_same_load(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    with speech_server() as (url, _):
        command = ["-f", "loadtest/locustfile.py", "--headless", "-u", "1", "--host", url, "--only-summary"]
        asked = ["--audio", str(clips), "--rate", "20", "--duration", "0.5", "--out", str(out)]
        subprocess.run(
            [sys.executable, "-m", "locust", *command, *asked],
            cwd=ROOT,
            check=True,
            timeout=60,
            capture_output=True,
        )
    assert len(lines_of(out)) == 10
    assert {line["status"] for line in lines_of(out)} == {200}
