"""An engine that was killed does not keep the next one from starting."""

import os
import subprocess
from pathlib import Path

import pytest

from cluster.engine import _clear_pid_files


@pytest.fixture
def ended_pid() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_pid_file_of_an_ended_engine_is_removed(tmp_path: Path, ended_pid: int) -> None:
    file = tmp_path / "docker.pid"
    file.write_text(str(ended_pid))
    _clear_pid_files([file])
    assert not file.exists()


def test_pid_file_whose_number_another_program_got_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "docker.pid"
    file.write_text(f"{os.getpid()}\n")
    _clear_pid_files([file, tmp_path / "absent.pid"])
    assert not file.exists()
