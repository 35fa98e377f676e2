"""`simulate` says how a set and a policy fare, and which size a set should have."""

from pathlib import Path

import pytest

from rollout_policies.__main__ import main
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.simulate import Size, advice
from rollout_policies.tally import Share

RECORDED = Path("tests/data/rollout_policies/word_errors.tsv")


def test_the_command_prints_a_row_a_kind_of_release_and_a_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "p.png"
    arguments = ["--errors", str(RECORDED), "--repetitions", "20", "--picture", str(picture)]
    assert main(["simulate", *arguments]) == 0
    table, _, sentences = capsys.readouterr().out.partition("\n\n")
    rows = {line.split("\t")[0]: line.split("\t") for line in table.splitlines()}
    assert list(rows)[1:7] == ["+0", "+0.2", "+0.5", "+1", "+2", "+5"]
    assert rows["cut_0.6s"][1:4] == ["+13.78", "0.0%", "100.0%"]
    assert "Recommended set size: " in sentences
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("clips", "said"), [(100, "this set has 100: 300 are missing"), (400, "this set has 400, enough")]
)
def test_the_clips_that_are_missing_are_counted(clips: int, said: str) -> None:
    found = [Size(50, Share(1000, 1000), Share(1000, 200)), Size(400, Share(1000, 900), Share(1000, 4))]
    assert said in advice(found, clips, 0.01)


@pytest.mark.parametrize("last", [(790, 0), (1000, 5)])
def test_no_size_is_recommended_that_is_not_enough(last: tuple[int, int]) -> None:
    """5 of 1000 are at most 1.05 %."""
    good, bad = last
    found = [Size(3200, Share(1000, good), Share(1000, bad))]
    assert advice(found, 363, 0.01) == "Recommended set size: more than 3200 clips."


def test_a_golden_set_without_recorded_errors_is_refused(
    golden: GoldenSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--errors", str(RECORDED), "--golden", str(tmp_path / "golden")]) == 2
    assert "5 clips of golden have no recorded errors, first audio/0.wav" in capsys.readouterr().err


def test_a_golden_set_is_simulated_with_its_own_clips(
    golden: GoldenSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of each clip one word is wrong in every version but one: 5 of 17 words."""
    rows = [f"{number}\t1\t0\t1" for number in range(5)]
    (tmp_path / "t.tsv").write_text("\n".join(["clip\twords\tgood\tbad", *rows]))
    arguments = ["--errors", str(tmp_path / "t.tsv"), "--stable", "good", "--repetitions", "5"]
    assert main(["simulate", *arguments, "--golden", str(tmp_path / "golden")]) == 0
    assert "bad\t+29.41\t0.0%\t100.0%" in capsys.readouterr().out


def test_sizes_of_change_that_no_recorded_version_has_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 300 words in clips of three 9 are wrong: 3 points."""
    rows = [f"c{number}\t3\t0\t{int(number < 9)}" for number in range(100)]
    (tmp_path / "t.tsv").write_text("\n".join(["clip\twords\tgood\tbad", *rows]))
    arguments = ["--errors", str(tmp_path / "t.tsv"), "--stable", "good", "--repetitions", "5"]
    assert main(["simulate", *arguments]) == 0
    said = capsys.readouterr().out
    assert "\n+2\t" in said
    assert "No recorded version is 5 points worse" in said


def test_of_all_speech_a_release_without_a_difference_needs_clips_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clips of three words: ln(100) / 0.1 = 46 of them, and some for the mixture of stakes."""
    arguments = ["--stable", "good", "--repetitions", "20", "--estimand", "population", "--margin", "0.1"]
    for clips, promoted in ((40, "0.0%"), (100, "100.0%")):
        rows = [f"c{number}\t3\t0\t0\t{3 * int(number % 5 == 0)}" for number in range(clips)]
        (tmp_path / "t.tsv").write_text("\n".join(["clip\twords\tgood\tsame\tbad", *rows]))
        assert main(["simulate", "--errors", str(tmp_path / "t.tsv"), *arguments]) == 0
        assert f"\n+0\t+0.00\t{promoted}\t0.0%\t" in capsys.readouterr().out


def test_an_unknown_stable_version_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--errors", str(RECORDED), "--stable", "old"]) == 2
    assert "--stable must be one of baseline, quieter_12db" in capsys.readouterr().err


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
    (tmp_path / "manifest.jsonl").write_text("no line of a set\n")
    assert main(["referee", "--golden", f"small={tmp_path}", "--data", str(tmp_path)]) == 1
    assert "golden set 'small': " in capsys.readouterr().err
