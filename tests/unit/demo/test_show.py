"""What a demonstration finds of the one before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import __main__ as command_line
from demo.errors import Unprepared
from demo.show import remove_results

RESULTS = ("demo.json", "demo.png", "demo-requests.jsonl")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name in (*RESULTS, "images.json"):
        (tmp_path / name).write_text("of the run before")
    return tmp_path


def test_results_of_the_run_before_are_removed(build: Path) -> None:
    remove_results(build)
    remove_results(build)
    assert [path.name for path in build.iterdir()] == ["images.json"]


@pytest.mark.parametrize(("stopped_by", "code"), [(Unprepared("no cluster"), 1), (KeyboardInterrupt(), 130)])
def test_demonstration_that_never_ships_leaves_no_results(
    build: Path, monkeypatch: pytest.MonkeyPatch, stopped_by: BaseException, code: int
) -> None:
    # The stage is the cluster's; here it stops the demonstration, as a missing cluster or a user would.
    def stop(_: object) -> None:
        raise stopped_by

    monkeypatch.setattr(command_line, "build_dir", lambda: build)
    monkeypatch.setattr(command_line, "set_the_stage", stop)
    monkeypatch.setattr(command_line, "failure_dump", lambda _: "")
    assert command_line.main([]) == code
    assert [path.name for path in build.iterdir()] == ["images.json"]
