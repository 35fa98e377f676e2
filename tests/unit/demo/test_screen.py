"""What is shown while a release goes by."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from demo.rollout_watch import GateRun, RolloutState
from demo.screen import LiveScreen, PlainScreen, screen_for
from demo.timeline import Moment


def moment(weight: int) -> Moment:
    state = RolloutState("Progressing", "", False, 2, 9, weight, "old", "new", (), True)
    gate = GateRun("asr-new-2", "accuracy", "new", 2, "Running", "", 3, 0.0125)
    return Moment(1000.0, "good", state, gate, ())


def test_plain_line_is_printed_only_for_news(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainScreen() as screen:
        for weight in (5, 5, 5, 25):
            screen.show(moment(weight), [])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines] == [
        "[00:00] good: step 2/9, weight 5 %, Progressing",
        "[00:00] good: step 2/9, weight 25 %, Progressing",
    ]
    assert "gate accuracy running: 0.0125" in lines[0]


def test_what_is_no_terminal_gets_plain_lines() -> None:
    assert isinstance(screen_for(Console(file=io.StringIO())), PlainScreen)


def test_terminal_gets_a_live_page() -> None:
    shown = io.StringIO()
    with LiveScreen(Console(file=shown, force_terminal=True, width=80)) as screen:
        screen.show(moment(5), [])
        screen.say("[a line] that stays")
    assert "[a line] that stays" in shown.getvalue()
    assert "step 2/9, weight 5 %" in shown.getvalue()
