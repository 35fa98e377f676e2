"""The verdict for a pull request, where nothing from outside may become Markdown."""

from collections.abc import Callable
from dataclasses import replace

from rollout_policies.report.contents import Report
from rollout_policies.report.markdown import report_markdown, span_of
from tests.unit.rollout_policies.report.test_page import findings

Gathered = Callable[[], Report]


def test_the_first_line_is_the_verdict(gathered: Gathered) -> None:
    first = report_markdown(gathered()).splitlines()[0]
    assert first == "### ❌ `speech/asr` revision `7`: rolled back at 2026-11-24 12:00:45 UTC"


def test_gates_and_worst_utterances_are_tables(gathered: Gathered) -> None:
    lines = report_markdown(gathered()).splitlines()
    assert "| `accuracy` | `Failed` | 0.0471 | `margin 0.01, min-pairs 50` | 30 s |" in lines
    assert (
        "| `audio/2.wav` | 0 → 3 | `thank you for calling us today` "
        "| `thank you [-for-] calling {+the+} {+day+}` |" in lines
    )


def test_the_evidence_is_one_sentence(gathered: Gathered) -> None:
    assert "word errors +47.06 points, between +47.06 and +47.06" in report_markdown(gathered())
    assert "No evidence" in report_markdown(replace(gathered(), evidence=None, golden=None))


def test_what_users_said_ends_neither_its_code_nor_its_cell(gathered: Gathered) -> None:
    said = findings("`a` | b\n# c", "@all <img src=x>", request_id="`|@all\n# x")
    lines = report_markdown(replace(gathered(), said=said)).splitlines()
    (row,) = [line for line in lines if "@all" in line]
    assert row.startswith("| `'\\|@all # x` 2.5 s | 50 % | `")
    assert row.count(" | ") == 3
    assert "<" not in row


def test_text_from_outside_ends_neither_its_code_nor_its_cell() -> None:
    assert span_of("`@all` |\n# x") == "`'@all' \\| # x`"
    assert span_of("") == ""
