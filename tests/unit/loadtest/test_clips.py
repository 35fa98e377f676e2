"""Which clips a load speaks, and in which order."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from loadtest.clips import Clip, endless_order, read_clips
from loadtest.errors import ClipsError

CLIPS = tuple(Clip(f"{number}.wav", b"") for number in range(20))


def test_every_clip_comes_once_in_each_round() -> None:
    order = list(islice(endless_order(CLIPS, seed=1), 40))
    assert set(order[:20]) == set(CLIPS)
    assert set(order[20:]) == set(CLIPS)


def test_same_seed_gives_the_same_order() -> None:
    first, again, other = (list(islice(endless_order(CLIPS, seed), 40)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_wav_files_below_the_folder_are_found(tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "1.wav").write_bytes(b"RIFF")
    (tmp_path / "manifest.jsonl").write_text("{}\n")
    assert read_clips(tmp_path) == (Clip("digits/1.wav", b"RIFF"),)


@pytest.mark.parametrize(("name", "words"), [("", r"no \*.wav below it"), ("nowhere", "not .*nowhere$")])
def test_folder_without_clips_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ClipsError, match=words):
        read_clips(tmp_path / name)
