"""A set written anew: what is fixed, what is left, and that its input is never touched."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rollout_policies.__main__ import main
from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.loudness import loudness_lufs
from rollout_policies.golden.manifest import read_golden_set
from rollout_policies.golden.normalise import HIGHEST_PEAK, Change, levelled, normalise
from rollout_policies.golden.sound import read_sound, wav
from tests.unit.rollout_policies.golden.small_sets import good, silence, sound, tone, write_set

A, B = good("a", hertz=440), good("b", "thank you for calling", hertz=550)


def _bytes(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def _rows(directory: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in (directory / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_a_wrong_manifest_is_counted_anew_and_its_input_stays(tmp_path: Path) -> None:
    wrong = (A[0] | {"text": " please\u00a0 hold", "duration": 9, "words": 5, "sha256": "0"}, A[1])
    source = write_set(tmp_path / "set", wrong, B)
    before = _bytes(source)
    normalise(source, tmp_path / "out", None)
    assert _rows(tmp_path / "out") == [A[0], B[0]]
    assert _bytes(source) == before


def test_what_is_written_is_a_set_that_the_referee_takes(tmp_path: Path) -> None:
    normalise(write_set(tmp_path / "set", A, B), tmp_path / "out", -23.0)
    assert [clip.name for clip in read_golden_set("out", tmp_path / "out").clips] == [
        "audio/a.wav",
        "audio/b.wav",
    ]


def test_an_exact_duplicate_is_dropped_and_another_label_is_left_to_a_person(tmp_path: Path) -> None:
    again = ({**A[0], "audio_filepath": "audio/again.wav", "text": "Please, hold."}, A[1])
    other = ({**A[0], "audio_filepath": "audio/other.wav", "text": "please wait"}, A[1])
    changes = normalise(write_set(tmp_path / "set", A, again, other), tmp_path / "out", None)
    assert changes == [Change("audio/again.wav", "dropped: the same sound and words as audio/a.wav")]
    assert not (tmp_path / "out" / "audio" / "again.wav").exists()
    assert [row["audio_filepath"] for row in _rows(tmp_path / "out")] == ["audio/a.wav", "audio/other.wav"]


def test_normalising_twice_changes_nothing(tmp_path: Path) -> None:
    normalise(write_set(tmp_path / "set", A, B), tmp_path / "once", -23.0)
    assert normalise(tmp_path / "once", tmp_path / "twice", -23.0) == []


def test_clips_come_to_the_loudness_asked_for() -> None:
    content, gain = levelled(wav(sound(tone(1, peak=0.05))), -23.0)
    assert loudness_lufs(read_sound(content)) == pytest.approx(-23.0, abs=0.1)
    assert gain > 0


def test_a_peak_limits_the_gain() -> None:
    """A click of 0.5 in quiet speech: 5 dB of room to 1 dB below full scale."""
    quiet = tone(1, peak=0.01)
    quiet[4000] = 0.5
    content, gain = levelled(wav(sound(quiet)), -10.0)
    assert abs(read_sound(content).samples).max() == pytest.approx(HIGHEST_PEAK, abs=1e-3)
    assert gain == pytest.approx(5.02, abs=0.01)


def test_silence_is_left_silent() -> None:
    content = wav(sound(silence(1)))
    assert levelled(content, -23.0) == (content, 0.0)


def test_what_lies_beside_the_manifest_comes_along_and_changes_are_told(tmp_path: Path) -> None:
    source = write_set(tmp_path / "set", (A[0] | {"words": 5}, A[1]))
    (source / "LICENCE.txt").write_text("CC BY-SA")
    normalise(source, tmp_path / "out", None)
    assert (tmp_path / "out" / "LICENCE.txt").read_text() == "CC BY-SA"
    assert "audio/a.wav: words 5 is now 2" in (tmp_path / "out" / "CHANGES.txt").read_text()


@pytest.mark.parametrize("out", ["set", "set/inside", "full"])
def test_no_directory_is_written_over(tmp_path: Path, out: str) -> None:
    source = write_set(tmp_path / "set", A)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    with pytest.raises(GoldenSetError, match="must be a new or empty directory outside of"):
        normalise(source, tmp_path / out, None)


@pytest.mark.parametrize(
    ("row", "content", "said"),
    [
        (A[0], b"no sound", r"audio/a\.wav: must be PCM WAV"),
        (A[0] | {"text": "..."}, A[1], r"audio/a\.wav: text '\.\.\.' holds no word that counts"),
        (
            {"text": "x", "audio_filepath": "../a.wav"},
            A[1],
            r"the manifest: line 1: audio_filepath must stay",
        ),
    ],
)
def test_what_cannot_be_fixed_is_refused_and_nothing_is_written(
    tmp_path: Path, row: dict[str, Any], content: bytes, said: str
) -> None:
    source = write_set(tmp_path / "set", (row, content))
    with pytest.raises(GoldenSetError, match=said):
        normalise(source, tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_the_command_tells_what_it_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_set(tmp_path / "set", (A[0] | {"sha256": "0"}, A[1]))
    assert main(["golden", "normalise", str(source), "--out", str(tmp_path / "out")]) == 0
    digest = hashlib.sha256(A[1]).hexdigest()
    assert f"audio/a.wav: sha256 '0' is now '{digest}'\n" in capsys.readouterr().out


def test_a_loudness_beyond_reason_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_set(tmp_path / "set", A)
    assert main(["golden", "normalise", str(source), "--out", str(tmp_path / "out"), "--loudness", "0"]) == 2
    assert "--loudness must be from -40 to -10 LUFS, not 0" in capsys.readouterr().err
