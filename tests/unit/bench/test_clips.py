"""The clips of a benchmark are chosen by length and seed."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bench.clips import choose_clips, decks
from bench.errors import ClipsError


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    rows = [{"audio_filepath": f"audio/{n}.wav", "duration": n / 2} for n in range(1, 21)]
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_clips_are_of_2_to_6_seconds(golden: Path) -> None:
    assert [clip.seconds for clip in choose_clips(golden, 1, 9)] == [2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6]


def test_a_seed_chooses_the_same_clips(golden: Path) -> None:
    assert choose_clips(golden, 7, 4) == choose_clips(golden, 7, 4)
    assert len({str(choose_clips(golden, seed, 4)) for seed in range(8)}) > 1


def test_too_few_clips_are_refused(golden: Path) -> None:
    with pytest.raises(ClipsError, match="10 clips of 2 to 6 s, not 9"):
        choose_clips(golden, 1, 10)


def test_each_deck_holds_every_clip_once() -> None:
    order = decks(5, 3, 12)
    assert sorted(order[:5]) == sorted(order[5:10]) == [0, 1, 2, 3, 4]
    assert max(Counter(order).values()) <= 3
