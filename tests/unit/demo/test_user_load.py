"""Following the users: lines that a load writes, while it writes them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from demo.errors import LoadEnded
from demo.user_load import LoadSettings, UserLoad, request_of
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
    with UserLoad(settings) as load, pytest.raises(LoadEnded, match=r"exit code 2: .*no-clips is none"):
        wait_for("the load ends", lambda: at_least(1, load), seconds=30, poll_seconds=0.05)


def test_users_nobody_answers_are_seen_while_the_load_runs(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    nobody = LoadSettings(tmp_path, tmp_path / "out.jsonl", url="http://127.0.0.1:9", rate=20, max_seconds=60)
    began = time.time()
    with UserLoad(nobody) as load:
        wait_for("3 requests", lambda: at_least(3, load), seconds=30, poll_seconds=0.05)
    assert len(load.finished_requests()) >= 3
    assert all(one.failed and one.t >= began for one in load.finished_requests())
