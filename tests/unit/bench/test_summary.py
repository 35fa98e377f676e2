"""Raw results become ratios within a round, medians over rounds, and verdicts; nothing is left out."""

from typing import Any

import pytest

from bench.arithmetic import Spread
from bench.bars import BARS, Bar, judge
from bench.slices import in_turns
from bench.subjects import OURS, OURS_BARE, deadline_seconds
from bench.summary import sentences, summarise
from bench.table import bars_table, report


def speed(number: int, ours: list[float], bare: list[float]) -> dict[str, Any]:
    speeds = {"clips_a_second": ours, "bare_clips_a_second": bare}
    return {"round": number, "subject": OURS, "measure": "saturation", **speeds}


def overload(**changed: Any) -> dict[str, Any]:
    sent = [{"due": 0.0, "latency": 0.25, "status": 200}, {"due": 0.5, "latency": 0.01, "status": 503}]
    raw = {"round": 1, "subject": OURS, "measure": "overload", "factor": 2.0, "duration_seconds": 1.0}
    raw |= {"clips_a_second": 2.0, "unloaded_p50": 0.1, "deadline_seconds": 0.3, "client_cpu_share": 0.02}
    raw |= {"memory_before": {"pss_mb": 300.0}, "memory_after": {"pss_mb": 310.0}}
    raw |= {"sent": sent, "ready": sent[:1], "recovery": [{"due": 0.0, "latency": 0.125, "status": 200}]}
    return raw | changed


def test_ratios_are_to_the_bare_engine_of_the_slices_between() -> None:
    slow_machine, fast_machine = speed(1, [10.0, 12.0], [9.0, 11.0]), speed(2, [26.0, 26.0], [20.0, 20.0])
    found = summarise([slow_machine, fast_machine])[OURS]["saturation"]
    assert (found.lowest, found.highest) == (1.1, 1.3)


def test_who_goes_first_changes_from_slice_to_slice() -> None:
    turns: list[str] = []

    def measured(name: str, speed: float) -> float:
        turns.append(name)
        return speed

    found = in_turns(3, lambda: measured("ours", 2.0), lambda: measured("bare", 1.0))

    assert turns == ["bare", "ours", "ours", "bare", "bare", "ours"]
    assert (found.clips_a_second, found.bare_clips_a_second, found.speed) == ((2.0,) * 3, (1.0,) * 3, 2.0)


def test_overhead_is_the_median_of_the_pairs() -> None:
    raw = {"round": 1, "subject": OURS, "measure": "overhead", "same_text": 3}
    # Differences of 2, 1 and 9 ms.
    raw |= {"request_seconds": [0.102, 0.201, 0.059], "engine_seconds": [0.1, 0.2, 0.05]}
    assert round(summarise([raw])[OURS]["overhead_ms"].median, 6) == 2.0


def test_goodput_is_of_the_subjects_own_saturation() -> None:
    found = summarise([overload()])[OURS]
    assert found["goodput@2x"].median == 0.5
    assert found["memory_growth_mb@2x"].median == 10.0


def test_never_recovering_is_no_gap_in_the_table() -> None:
    found = summarise([overload(recovery=[{"due": 0.0, "latency": 10.0, "status": 0}])])
    assert found[OURS]["recovery@2x"].median == 30.0


def test_nobody_waits_for_what_the_longest_clip_needs_of_half_a_second() -> None:
    # 80 s of audio a second, 40 on each engine process: a clip of 8 s takes 0.2 s.
    assert deadline_seconds(80.0, longest_seconds=8.0) == pytest.approx(0.3)
    assert deadline_seconds(8.0, longest_seconds=8.0) == 0.01


def test_verdicts() -> None:
    at_least, at_most = Bar("a", OURS, "m", at_least=1.05), Bar("b", OURS, "m", at_most=2.0)
    assert at_least.verdict(Spread(1.05, 1.0, 1.1, 5)) == "met"
    assert at_least.verdict(Spread(1.04, 1.0, 1.1, 5)) == "not met"
    assert at_most.verdict(Spread(2.01, 2.0, 9.0, 5)) == "not met"
    assert at_most.verdict(None) == "not measured"


def test_every_bar_has_its_row_whatever_was_measured() -> None:
    judged = judge(summarise([]))
    assert [one.bar for one in judged] == list(BARS)
    assert bars_table(judged).count("not measured") == len(BARS)


def test_what_was_not_run_is_in_the_page() -> None:
    raw = [
        {"round": 0, "subject": "whisper", "measure": "not run", "sentence": "not run: there is no image x"}
    ]
    page = report(summarise(raw), judge({}), [], sentences(raw, "not run"), [OURS, OURS_BARE])
    assert "whisper: not run: there is no image x" in page
    assert "| Serinus, stages off | - |" in page
