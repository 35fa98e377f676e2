"""An engine that was killed does not keep the next one from starting."""

import os
import subprocess
from pathlib import Path

import pytest

from cluster import engine
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


def test_an_engine_that_answers_gets_back_the_runtime_that_an_emptied_cache_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine, "answers", lambda: True)
    monkeypatch.setattr(engine, "ensure_client", lambda: None)
    monkeypatch.setattr(engine, "lacks_sys_resource", lambda: True)
    monkeypatch.setattr(engine.paths, "bin_dir", lambda: tmp_path / "bin")

    engine.ensure_engine()

    assert os.access(tmp_path / "bin" / "bounded-runc", os.X_OK)
