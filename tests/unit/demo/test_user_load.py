"""Following the users: lines that a load writes, while it writes them."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.errors import LoadEnded, UsersLost, WaitTimeout
from demo.user_load import LoadSettings, UserLoad, request_of, sent_of
from demo.waits import wait_for

LINE = {
    "t": 100.0,
    "latency_seconds": 0.2,
    "status": 200,
    "pod_template_hash": "7f9b",
    "model_version": "1",
    "request_id": "r",
    "error": "",
}

# A load that has sent one request, told of it, and ends as its third argument says when it is told to.
LOAD = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: None)
open(sys.argv[1], "w").write(sys.argv[2] + chr(10))
signal.pause()
exec(sys.argv[3])
"""


@dataclass(frozen=True)
class ScriptedLoad(LoadSettings):
    """A load that ends as no healthy one does."""

    end: str = ""

    def command(self) -> list[str]:
        return [sys.executable, "-c", LOAD, str(self.out), json.dumps(LINE), self.end]


def at_least(count: int, load: UserLoad) -> bool | None:
    return True if len(load.requests()) >= count else None


@pytest.mark.parametrize(
    ("changed", "failed"),
    [({}, False), ({"status": 503}, True), ({"status": 0}, True), ({"error": "no transcript"}, True)],
)
def test_request_without_a_transcript_has_failed(changed: dict[str, object], failed: bool) -> None:
    assert request_of(json.dumps({**LINE, **changed})).failed is failed


def test_command_bounds_the_load_and_names_the_host(tmp_path: Path) -> None:
    settings = LoadSettings(tmp_path, tmp_path / "out.jsonl", host="e2e.example", rate=2.5, max_seconds=60)
    command = settings.command()
    assert command[command.index("--duration") + 1] == "60"
    assert command[command.index("--host") + 1] == "e2e.example"


def test_load_that_ends_by_itself_is_told_with_its_reason(tmp_path: Path) -> None:
    settings = LoadSettings(tmp_path / "no-clips", tmp_path / "out.jsonl")
    with pytest.raises(LoadEnded, match=r"exit code 2: .*not .*no-clips"), UserLoad(settings) as load:
        wait_for("the load ends", lambda: at_least(1, load), seconds=30, poll_seconds=0.05)


def test_users_nobody_answers_are_seen_while_the_load_runs(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    nobody = LoadSettings(tmp_path, tmp_path / "out.jsonl", url="http://127.0.0.1:9", rate=20, max_seconds=60)
    began = time.time()
    with UserLoad(nobody) as load:
        wait_for("3 requests", lambda: at_least(3, load), seconds=30, poll_seconds=0.05)
    assert len(load.finished_requests()) >= 3
    assert all(one.failed and one.t >= began for one in load.finished_requests())


def load_ended(load: UserLoad) -> bool | None:
    try:
        load.requests()
    except LoadEnded:
        return True
    return None


def speak_once(settings: LoadSettings) -> UserLoad:
    with UserLoad(settings) as load:
        wait_for("1 request", lambda: at_least(1, load), seconds=30, poll_seconds=0.05)
    return load


def test_load_that_tells_of_each_request_it_sent_is_believed(tmp_path: Path) -> None:
    told = speak_once(ScriptedLoad(tmp_path, tmp_path / "out.jsonl", end="print('{\"sent\": 1}')"))
    assert len(told.finished_requests()) == 1


@pytest.mark.parametrize(
    ("end", "seconds", "told"),
    [
        ("print('{\"sent\": 3}')", 30, "must tell of all 3 requests it sent, not of 1"),
        ("sys.exit('1 of 1 lost')", 30, "exit code 0, not 1: 1 of 1 lost"),
        ("", 30, "must be JSON that tells `sent`, not ''"),
        ("signal.pause()", 0.5, "did not end within 0.5 s and was killed"),
    ],
    ids=["lost requests", "bad exit", "no summary", "killed"],
)
def test_load_that_does_not_account_for_its_users_is_an_error(
    tmp_path: Path, end: str, seconds: float, told: str
) -> None:
    settings = ScriptedLoad(tmp_path, tmp_path / "out.jsonl", end=end, finish_seconds=seconds)
    with pytest.raises(UsersLost, match=told):
        speak_once(settings)


def test_load_that_ends_after_the_last_look_is_told(tmp_path: Path) -> None:
    settings = LoadSettings(tmp_path / "no-clips", tmp_path / "out.jsonl")
    with pytest.raises(LoadEnded, match="by itself with exit code 2"), UserLoad(settings) as load:
        wait_for("the load ends", lambda: load_ended(load), seconds=30, poll_seconds=0.05)


def test_failure_inside_the_block_is_told_rather_than_the_loads(tmp_path: Path) -> None:
    settings = ScriptedLoad(tmp_path, tmp_path / "out.jsonl")
    with pytest.raises(WaitTimeout, match="2 requests"), UserLoad(settings) as load:
        wait_for("2 requests", lambda: at_least(2, load), seconds=0)


@pytest.mark.parametrize("summary", ["", "[]", "{}", '{"sent": null}'])
def test_summary_without_a_count_is_an_error(summary: str) -> None:
    with pytest.raises(UsersLost, match="must be JSON that tells `sent`"):
        sent_of(summary)
