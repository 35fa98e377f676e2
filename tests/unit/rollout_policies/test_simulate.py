"""Simulated walks agree with the referee's own bounds and tell a good version from a bad one."""

from pathlib import Path

import numpy as np
import pytest

from rollout_policies.__main__ import main
from rollout_policies.errors import OptionError
from rollout_policies.sequential import Alphas, bound_total, draw_order
from rollout_policies.simulate import SimulationOptions, decide, read_recorded
from rollout_policies.walk import shared

RECORDED = Path("tests/data/rollout_policies/word_errors.tsv")
OPTIONS = SimulationOptions(Alphas(0.01, 0.05), min_pairs=0)


@pytest.mark.parametrize(
    ("version", "margin", "passed"),
    [
        ("cut_0.6s", 0.02, False),
        ("clipped_18db", 0.02, False),
        ("quieter_12db", 0.02, True),
        ("whisper_base", 0.02, True),
    ],
)
def test_a_simulated_walk_ends_where_the_bounds_first_cross_the_margin(
    version: str, margin: float, passed: bool
) -> None:
    recorded = read_recorded(RECORDED)
    difference = recorded.errors[version] - recorded.errors["baseline"]
    order = draw_order(recorded.words, np.random.default_rng(4))
    parts, words, total = difference[order], recorded.words[order], float(recorded.words.sum())
    outcome = decide(parts, words, margin, OPTIONS)
    at, before = (
        bound_total(parts[:n], words[:n], total, shared(OPTIONS.alphas))
        for n in (outcome.clips, outcome.clips - 1)
    )
    assert outcome.passed == passed
    if passed:
        assert at.upper <= margin * total < before.upper
    else:
        assert before.lower <= margin * total < at.lower


def test_a_pass_waits_for_the_smallest_number_of_clips() -> None:
    eased = -np.ones(100)
    assert decide(eased, np.ones(100), 0.02, SimulationOptions(Alphas(), min_pairs=50)).clips == 50
    assert decide(eased, np.ones(100), 0.02, SimulationOptions(Alphas(), min_pairs=0)).clips < 20


def test_the_command_prints_a_row_a_version_and_margin(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--errors", str(RECORDED), "--stable", "baseline", "--margin", "0.03", "--repetitions", "20"]
    assert main(["simulate", *arguments]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows[1:]] == [
        "quieter_12db",
        "cut_0.2s",
        "cut_0.6s",
        "clipped_18db",
        "whisper_base",
    ]
    assert rows[3][1:6] == ["+13.78", "0.03", "0.0%", "100.0%", "0.0%"]


def test_an_unknown_stable_version_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--errors", str(RECORDED), "--stable", "old"]) == 1
    assert "--stable must be one of baseline, quieter_12db" in capsys.readouterr().err


def test_a_table_without_versions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("clip\twords\na\t1\n")
    with pytest.raises(OptionError, match="must have the columns clip, words"):
        read_recorded(tmp_path / "t.tsv")


@pytest.mark.parametrize(
    "arguments", [[], ["referee"], ["referee", "--golden", "a=b", "--data", "d", "--alpha-fail", "1"]]
)
def test_a_command_that_cannot_be_read_exits_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_bad_golden_set_stops_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["referee", "--golden", f"small={tmp_path}", "--data", str(tmp_path)]) == 1
    assert "golden set 'small': cannot read" in capsys.readouterr().err
