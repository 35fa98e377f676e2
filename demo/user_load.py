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
from demo.errors import LoadEnded, UsersLost

OK = 200
FINISH_SECONDS = 60.0  # the load gives its last requests 35 s


@dataclass(frozen=True)
class UserRequest:
    """One user's request; `t` is the epoch time it was due, status 0 means nobody answered."""

    t: float
    latency_seconds: float
    status: int
    pod: str
    error: str
    request_id: str = ""

    @property
    def failed(self) -> bool:
        """Whether the user got no transcript."""
        return self.status != OK or bool(self.error)


@dataclass(frozen=True)
class LoadSettings:
    """Who speaks what, and how often: `rate` in requests per second, at most `max_seconds` long.

    Told to stop, the load has `finish_seconds` for its last answers before it is killed.
    """

    audio: Path
    out: Path
    host: str = ""
    rate: float = 3.0
    max_seconds: float = 3600.0
    url: str = "http://127.0.0.1:30080"
    path: str = "/v1/models/asr:predict"
    seed: int = 1
    finish_seconds: float = FINISH_SECONDS

    def command(self) -> list[str]:
        """The load's command line."""
        host = ["--host", self.host] if self.host else []
        return [
            *(sys.executable, "-m", "loadtest", "--url", self.url, "--path", self.path, *host),
            *("--rate", f"{self.rate:g}", "--duration", f"{self.max_seconds:g}", "--seed", str(self.seed)),
            *("--audio", str(self.audio), "--out", str(self.out)),
        ]


class UserLoad:
    """A running load; leaving the `with` block stops it, waits for its last answers and reads them.

    LoadEnded or UsersLost where it did not run up to then, or does not account for each request it sent.
    """

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._read_to = 0
        self._seen: list[UserRequest] = []
        self._log_file = settings.out.with_suffix(".log")
        self._summary_file = settings.out.with_suffix(".summary.json")

    def __enter__(self) -> Self:
        self._settings.out.parent.mkdir(parents=True, exist_ok=True)
        self._settings.out.unlink(missing_ok=True)
        with self._summary_file.open("wb") as summary, self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self._settings.command(), cwd=repository_root(), stdout=summary, stderr=log
            )
        return self

    def __exit__(
        self, failure: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        ended_early = self._process.poll() is not None
        killed = not self._stop()
        self._read_new_lines()
        # A failure inside the block is the one to tell; the load's is often its consequence.
        if failure is None:
            if ended_early:
                raise self._ended_by_itself()
            self._check_all_told(killed)

    def requests(self) -> list[UserRequest]:
        """All requests that have ended so far; LoadEnded where the load itself has."""
        if self._process.poll() is not None:
            raise self._ended_by_itself()
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

    def _stop(self) -> bool:
        """End the load; False where it had to be killed."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(self._settings.finish_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return True

    def _check_all_told(self, killed: bool) -> None:
        code, told = self._process.returncode, len(self._seen)
        if killed:
            seconds = self._settings.finish_seconds
            raise UsersLost(f"the user load did not end within {seconds:g} s and was killed: {self._log()}")
        if code != 0:
            raise UsersLost(f"the user load must end with exit code 0, not {code}: {self._log()}")
        sent = sent_of(self._summary_file.read_text(encoding="utf-8"))
        if told != sent:
            raise UsersLost(f"the user load must tell of all {sent} requests it sent, not of {told}")

    def _ended_by_itself(self) -> LoadEnded:
        code = self._process.returncode
        return LoadEnded(f"the user load ended by itself with exit code {code}: {self._log()}")

    def _log(self) -> str:
        return self._log_file.read_text(encoding="utf-8", errors="replace")[-500:]


def sent_of(summary: str) -> int:
    """How many requests the load's summary says were sent."""
    try:
        return int(json.loads(summary)["sent"])
    except (ValueError, LookupError, TypeError) as error:
        raise UsersLost(
            f"the user load's summary must be JSON that tells `sent`, not {summary[-200:]!r}"
        ) from error


def request_of(line: bytes | str) -> UserRequest:
    """The request in one line of the load's output."""
    found = json.loads(line)
    return UserRequest(
        t=found["t"],
        latency_seconds=found["latency_seconds"],
        status=found["status"],
        pod=found["pod_template_hash"],
        error=found["error"],
        request_id=found["request_id"],
    )
