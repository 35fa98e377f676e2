"""The users: runs `python -m loadtest` beside the demonstration and follows the lines it writes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cluster.paths import repository_root
from demo.errors import LoadEnded

OK = 200
FINISH_SECONDS = 60.0


@dataclass(frozen=True)
class UserRequest:
    """One user's request; `t` is the epoch time it was due, status 0 means nobody answered."""

    t: float
    latency_seconds: float
    status: int
    pod: str
    error: str

    @property
    def failed(self) -> bool:
        """Whether the user got no transcript."""
        return self.status != OK or bool(self.error)


@dataclass(frozen=True)
class LoadSettings:
    """Who speaks what, and how often: `rate` in requests per second, at most `max_seconds` long."""

    audio: Path
    out: Path
    host: str = ""
    rate: float = 3.0
    max_seconds: float = 3600.0
    url: str = "http://127.0.0.1:30080"
    path: str = "/v1/models/asr:predict"
    seed: int = 1

    def command(self) -> list[str]:
        """The load's command line."""
        host = ["--host", self.host] if self.host else []
        return [
            *(sys.executable, "-m", "loadtest", "--url", self.url, "--path", self.path, *host),
            *("--rate", f"{self.rate:g}", "--duration", f"{self.max_seconds:g}", "--seed", str(self.seed)),
            *("--audio", str(self.audio), "--out", str(self.out)),
        ]


class UserLoad:
    """A running load; leaving the `with` block stops it, waits for its last answers and reads them."""

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._read_to = 0
        self._seen: list[UserRequest] = []

    def __enter__(self) -> Self:
        self._settings.out.parent.mkdir(parents=True, exist_ok=True)
        self._settings.out.unlink(missing_ok=True)
        self._said = self._settings.out.with_suffix(".log").open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            self._settings.command(), cwd=repository_root(), stdout=self._said, stderr=subprocess.STDOUT
        )
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(FINISH_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
        self._read_new_lines()

    def requests(self) -> list[UserRequest]:
        """All requests that have ended so far; LoadEnded where the load itself has."""
        if self._process.poll() is not None:
            code = self._process.returncode
            raise LoadEnded(f"the user load ended by itself with exit code {code}: {self._log()}")
        self._read_new_lines()
        return self._seen

    def finished_requests(self) -> list[UserRequest]:
        """All requests, after the load was stopped."""
        return self._seen

    def _read_new_lines(self) -> None:
        if not self._settings.out.exists():
            return
        with self._settings.out.open("rb") as lines:
            lines.seek(self._read_to)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._read_to += len(line)
                self._seen.append(request_of(line))

    def _log(self) -> str:
        log = self._settings.out.with_suffix(".log")
        return log.read_text(encoding="utf-8", errors="replace")[-500:]


def request_of(line: bytes | str) -> UserRequest:
    """The request in one line of the load's output."""
    found = json.loads(line)
    return UserRequest(
        t=found["t"],
        latency_seconds=found["latency_seconds"],
        status=found["status"],
        pod=found["pod_template_hash"],
        error=found["error"],
    )
