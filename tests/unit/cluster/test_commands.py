"""Running programs: what is returned, and what a bad end says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cluster.commands import run, run_logged, succeeds
from cluster.errors import CommandError

NOISY = "import sys; [print(f'line {n}') for n in range(30)]; sys.exit(3)"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path))


def test_standard_output_is_returned_and_standard_error_is_not() -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr)"
    assert run([sys.executable, "-c", program]) == "out\n"


def test_bad_end_carries_program_code_and_last_twenty_lines() -> None:
    with pytest.raises(CommandError) as failure:
        run([sys.executable, "-c", NOISY])
    assert failure.value.exit_code == 3
    assert failure.value.tail == tuple(f"line {number}" for number in range(10, 30))


def test_bad_end_says_where_the_rest_is() -> None:
    with pytest.raises(CommandError, match="exit code 3, not 0") as failure:
        run_logged([sys.executable, "-c", NOISY], log="noisy")
    assert failure.value.log.read_text(encoding="utf-8").startswith("line 0\n")
    assert str(failure.value.log) in str(failure.value)


def test_missing_program_is_a_command_error() -> None:
    with pytest.raises(CommandError, match="no-such-program: no such file"):
        run(["no-such-program"])


def test_program_out_of_time_is_a_command_error() -> None:
    with pytest.raises(CommandError, match="not done after"):
        run([sys.executable, "-c", "import threading; threading.Event().wait()"], timeout_seconds=0.5)


def test_question_about_a_missing_program_is_no() -> None:
    assert not succeeds(["no-such-program"])
