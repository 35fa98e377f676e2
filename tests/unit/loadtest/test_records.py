"""The line that each request leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadtest.errors import OptionError
from loadtest.records import RequestLog, RequestRecord

ANSWERED = RequestRecord(1.5, 0.2, 200, "abc", "2", "id-1", "")


def test_log_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"--out must be a file to write, not .* \(Is a directory\)"):
        RequestLog(tmp_path)


def test_line_can_be_read_while_the_log_is_open(tmp_path: Path) -> None:
    with RequestLog(tmp_path / "new" / "requests.jsonl") as log:
        log.write(ANSWERED)
        line = (tmp_path / "new" / "requests.jsonl").read_text()
    assert json.loads(line) == {
        "t": 1.5,
        "latency_seconds": 0.2,
        "status": 200,
        "pod_template_hash": "abc",
        "model_version": "2",
        "request_id": "id-1",
        "error": "",
    }


@pytest.mark.parametrize(
    ("status", "error", "failed"),
    [
        (200, "", False),
        (200, "status 200 without a transcript", True),
        (503, "full", True),
        (0, "none", True),
    ],
)
def test_only_a_transcript_is_a_success(status: int, error: str, failed: bool) -> None:
    assert RequestRecord(0.0, 0.1, status, "", "", "", error).failed is failed
