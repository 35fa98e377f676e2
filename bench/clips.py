"""The clips every subject hears, chosen from a golden set by seed; knows nothing of what is measured."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import ClipsError

COUNT = 30
SHORTEST_SECONDS, LONGEST_SECONDS = 2.0, 6.0


@dataclass(frozen=True)
class Clip:
    """A WAV file of speech and its length."""

    path: Path
    seconds: float

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem


def choose_clips(golden: Path, seed: int, count: int = COUNT) -> list[Clip]:
    """`count` clips of 2 to 6 s of an assembled set, the same for the same seed, in the set's order."""
    lines = (golden / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    clips = [Clip(golden / row["audio_filepath"], float(row["duration"])) for row in rows]
    fitting = [clip for clip in clips if SHORTEST_SECONDS <= clip.seconds <= LONGEST_SECONDS]
    if len(fitting) < count:
        raise ClipsError(f"{golden} must hold {count} clips of 2 to 6 s, not {len(fitting)}")
    chosen = random.Random(seed).sample(range(len(fitting)), count)  # noqa: S311  a choice, no secret
    return [fitting[index] for index in sorted(chosen)]


def mean_seconds(clips: Sequence[Clip]) -> float:
    """The mean length of the clips."""
    return sum(clip.seconds for clip in clips) / len(clips)


def decks(count: int, seed: int, length: int) -> list[int]:
    """`length` clip numbers: all `count` clips shuffled, again and again, so that each mix is alike."""
    order = random.Random(seed)  # noqa: S311  an order, no secret
    numbers: list[int] = []
    while len(numbers) < length:
        deck = list(range(count))
        order.shuffle(deck)
        numbers += deck
    return numbers[:length]
