"""Golden sets as read: words, digest, and each way a set can be bad."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.manifest import read_golden_set

AUDIO = b"RIFF speech"


def _row(**changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(AUDIO).hexdigest()
    return {
        "audio_filepath": "audio/a.wav",
        "duration": 1.5,
        "text": "Twenty-one men.",
        "sha256": digest,
    } | changes


def _set(directory: Path, *lines: str) -> Path:
    (directory / "audio").mkdir()
    (directory / "audio/a.wav").write_bytes(AUDIO)
    (directory / "manifest.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return directory


def test_words_are_counted_after_normalising(tmp_path: Path) -> None:
    golden = read_golden_set("g", _set(tmp_path, json.dumps(_row())))
    assert golden.clips[0].reference == "21 men"
    assert golden.words == 2


def test_the_digest_is_that_of_the_manifest(tmp_path: Path) -> None:
    line = json.dumps(_row())
    assert (
        read_golden_set("g", _set(tmp_path, line)).digest == hashlib.sha256(f"{line}\n".encode()).hexdigest()
    )


@pytest.mark.parametrize("separator", ["\u2028", "\u0085"])
def test_only_a_newline_ends_a_line(tmp_path: Path, separator: str) -> None:
    row = _row(text=f"Twenty-one{separator}men.")
    golden = read_golden_set("g", _set(tmp_path, json.dumps(row, ensure_ascii=False)))
    assert golden.clips[0].reference == "21 men"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        (json.dumps(_row(text="")), "text must be a string"),
        (json.dumps(_row(text="um")), "holds no word that counts"),
        ("[" * 100_000, "not JSON"),
        (json.dumps(_row(duration=0)), "duration must be seconds above 0, not 0"),
        (json.dumps(_row(duration=float("nan"))), "duration must be seconds above 0, not nan"),
        (json.dumps(_row(audio_filepath="a\0b")), "audio_filepath must stay inside the set"),
        (json.dumps(_row(audio_filepath="\ud800")), "audio_filepath must stay inside the set"),
        (json.dumps(_row(sha256="00")), "has SHA-256"),
        (json.dumps(_row(audio_filepath="audio/b.wav")), "cannot read audio/b.wav"),
        (json.dumps(_row(audio_filepath="../b.wav")), "must stay inside the set"),
        (json.dumps(_row()), "listed twice"),
    ],
)
def test_a_bad_line_is_refused_by_its_number(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(GoldenSetError, match=r"golden set 'g': .*line 2: .*") as refusal:
        read_golden_set("g", _set(tmp_path, json.dumps(_row()), line))
    assert reason in str(refusal.value)


def test_a_set_without_clips_or_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldenSetError, match="lists no clip"):
        read_golden_set("g", _set(tmp_path))
    with pytest.raises(GoldenSetError, match="cannot read"):
        read_golden_set("g", tmp_path / "nowhere")
