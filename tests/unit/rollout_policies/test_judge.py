"""Two files of transcripts are judged as the referee would judge two pods, and the exit code says how."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollout_policies import judge
from rollout_policies.__main__ import main
from rollout_policies.golden.manifest import GoldenSet

LABEL = "please hold the line"
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a result file of so many clips of four words; keyword arguments go on every line."""

    def to_file(name: str, clips: int, text: str = LABEL, **more: Any) -> str:
        rows = [{"clip": f"c{n}", "text": text, "reference": LABEL, **more} for n in range(clips)]
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(tmp_path / name)

    return to_file


def _judge(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["judge", *arguments])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_equal_files_are_no_worse(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _judge(capsys, write("s", 60), write("c", 60))
    assert code == 0
    assert said == (
        "no worse: 60 of 60 clips compared; word errors +0.00 points, between +0.00 and +0.00; "
        "no times to judge\n"
    )


def test_equal_files_of_too_few_clips_are_undecided_of_all_speech(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _judge(capsys, write("s", 60), write("c", 60), "--estimand", "population")
    assert code == 3
    assert "undecided: 60 of 60 clips compared; word errors of all such speech +0.00 points" in said


def test_equal_files_of_enough_clips_are_no_worse_of_all_speech(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """ln(100) / 0.05 = 92 clips alike in length, and some."""
    options = ["--estimand", "population", "--margin", "0.05", "--markdown"]
    code, said = _judge(capsys, write("s", 120), write("c", 120), *options)
    assert code == 0
    assert "| word errors of all such speech, points of WER | +0.00 (between " in said


def test_one_word_in_four_wrong_is_worse(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _judge(capsys, write("s", 60), write("c", 60, text="please hold the"))
    assert code == 1
    assert "worse: 60 of 60 clips compared; word errors +25.00 points" in said


def test_twice_the_time_is_worse(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _judge(capsys, write("s", 60, inference_ms=10), write("c", 60, inference_ms=20))
    assert code == 1
    assert "inference time x2.00" in said


def test_a_clip_that_the_candidate_lacks_has_every_word_wrong(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three of sixty clips of four words: 12 of 240, 5 points."""
    code, said = _judge(capsys, write("s", 60), write("c", 57))
    assert code == 1
    assert "word errors +5.00 points" in said
    assert "(3 in all): every word wrong" in said


def test_a_walk_holds_where_stable_has_nothing(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    stable = write("s", 60)
    lines = Path(stable).read_text().splitlines()
    lost = json.dumps({"clip": "c59", "reason": "status 503", "reference": LABEL})
    Path(stable).write_text("\n".join([*lines[:-1], lost]))
    code, said = _judge(capsys, stable, write("c", 60))
    assert code == 3
    assert "stable has nothing for c59 (1 in all): the walk holds at the first" in said


def test_a_set_smaller_than_the_pairs_asked_for_passes_once_all_are_compared(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = _judge(capsys, write("s", 20), write("c", 20), "--min-pairs", "50")
    assert code == 0


def test_times_on_one_side_only_are_undecided(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = _judge(capsys, write("s", 60, inference_ms=10), write("c", 60))
    assert code == 3
    assert "fewer than half of the words have both sides' times" in said


def test_the_verdict_as_a_table(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    files = write("s", 60, inference_ms=10), write("c", 60, inference_ms=20)
    _, said = _judge(capsys, *files, "--markdown", "--margin", "0.02")
    assert said.splitlines()[0] == "**worse**: 60 of 60 clips compared"
    assert (
        "| word errors, points of WER | +0.00 (between +0.00 and +0.00) | +2 | **no worse** |"
        in said.splitlines()
    )


def test_labels_of_a_golden_set(
    golden: GoldenSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [json.dumps({"clip": clip.name, "text": clip.reference}) for clip in golden.clips]
    (tmp_path / "s").write_text("\n".join(rows))
    (tmp_path / "c").write_text("\n".join(rows))
    files = str(tmp_path / "s"), str(tmp_path / "c")
    code, said = _judge(capsys, *files, "--golden", str(tmp_path / "golden"))
    assert code == 0
    assert "5 of 5 clips compared" in said


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 2: not JSON: b'{'"),
        ("[1]", "line 2: must be a JSON object with a clip"),
        ('{"clip": "c9"}', "line 2: clip 'c9' has neither a text nor a reason"),
        ('{"clip": "c9", "text": 7}', "line 2: text must be a string, not 7"),
        (
            '{"clip": "c9", "text": "", "inference_ms": -1}',
            "line 2: inference_ms must be milliseconds above 0",
        ),
        ('{"clip": "c9", "text": "", "inference_ms": 1' + "0" * 400 + "}", "line 2: inference_ms must be"),
        ("[" * 100_000, "line 2: not JSON"),
        ('{"clip": "c0", "text": ""}', "line 2: clip 'c0' is listed twice"),
        ('{"clip": "c9", "text": ""}', "'c9' is not in the set"),
        ('{"clip": "c9", "text": "' + "x" * 200_000 + '"}', "line 2: has 2000"),
    ],
)
def test_a_line_that_cannot_be_used_exits_2(
    write: Write, capsys: pytest.CaptureFixture[str], line: str, complaint: str
) -> None:
    candidate = write("c", 1)
    Path(candidate).write_text(Path(candidate).read_text() + line + "\n")
    code, said = _judge(capsys, write("s", 1), candidate)
    assert code == 2
    assert complaint in said


def test_a_pipe_is_read_to_its_end(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    reader, writer = os.pipe()
    os.write(writer, Path(write("s", 1)).read_bytes())
    os.close(writer)
    code, _ = _judge(capsys, f"/dev/fd/{reader}", write("c", 1))
    os.close(reader)
    assert code == 0


def test_a_stable_file_without_labels_needs_a_golden_set(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _judge(capsys, write("s", 1, reference=""), write("c", 1))
    assert code == 2
    assert "label every line or give --golden" in said


def test_a_crash_is_not_read_as_worse(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(judge, "weigh", crash)
    assert main(["judge", write("s", 60), write("c", 60)]) == judge.UNREADABLE
