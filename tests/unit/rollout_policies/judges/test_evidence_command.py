"""`evidence` runs every judge on every kind of release, writes tables and raw data, and says each bar."""

import json
from pathlib import Path

import pytest

from rollout_policies.__main__ import main
from rollout_policies.judges.bars import bars
from rollout_policies.tally import Share, Tally

RECORDED = "tests/data/rollout_policies/word_errors.tsv"
TIMES = "tests/data/rollout_policies/inference_times.tsv"


def _tally(judge: str, points: float, wrong: int, median: int | None) -> Tally:
    """A thousand releases: within the margin all are promoted but the wrong ones, beyond it aborted."""
    all_of = Share(1000, 1000 - wrong), Share(1000, wrong)
    promoted, aborted = all_of if points <= 1 else all_of[::-1]
    harmful = Share(1000, wrong) if points > 1 else Share(0, 0)
    harmless = Share(1000, wrong) if points <= 1 else Share(0, 0)
    return Tally(
        judge,
        f"+{points:g}",
        points,
        300,
        aborted,
        promoted,
        Share(1000, 0),
        harmless,
        harmful,
        median,
        None,
        1,
    )


def test_a_bar_on_errors_is_met_by_the_upper_limit() -> None:
    """3 of 1000 are at most 0.77 %, 6 of 1000 at most 1.18 % (Clopper and Pearson)."""
    tallies = [_tally("walk", 0.2, 3, None), _tally("walk", 2.0, 6, 100)]
    aborts, promotions, *_ = bars(tallies, 1.0)
    assert (aborts.met, promotions.met) == (True, False)
    assert "at most 0.77%" in aborts.found


def test_a_peer_that_never_fires_is_slower_and_one_at_half_the_clips_is_not() -> None:
    peers = [_tally("never", 2.0, 0, None), _tally("slow", 2.0, 0, 300), _tally("quick", 2.0, 0, 200)]
    found = bars([_tally("walk", 0.2, 0, None), _tally("walk", 2.0, 0, 100), *peers], 1.0)
    assert [bar.met for bar in found[-3:]] == [True, True, False]
    assert found[-3].found == "100 of never"


def test_the_command_writes_tables_raw_data_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--errors",
        RECORDED,
        "--times",
        TIMES,
        "--repetitions",
        "8",
        "--clips",
        "60",
        "--out",
        str(tmp_path),
    ]
    assert main(["evidence", *arguments]) == 0
    assert "| false abort, of the set | ≤ 1% |" in capsys.readouterr().out
    raw = [json.loads(line) for line in (tmp_path / "raw.jsonl").read_text().splitlines()]
    judges = [{row["judge"] for row in raw if row["change"] == change} for change in ("+2", "x1.2")]
    assert {"walk", "Kayenta, a point a clip", "threshold from clip 200"} <= judges[0]
    assert {"walk", "Kayenta, a time a clip", "p95 from clip 200"} <= judges[1]
    assert len(raw) == 13 * len(judges[0]) + 9 * len(judges[1])
    assert all(len(row["failed_after"]) == 8 for row in raw)
    assert len((tmp_path / "tallies.tsv").read_text().splitlines()) == 1 + len(raw)
    assert "| x3 from 4 s on |" in (tmp_path / "table.md").read_text()
    assert "### How soon at all" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "evidence.png").stat().st_size > 10_000
