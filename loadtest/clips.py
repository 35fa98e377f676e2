"""The clips a load speaks: a folder's WAV files, in an order that a seed decides. Knows no words of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtest.errors import ClipsError


@dataclass(frozen=True)
class Clip:
    """A WAV file as bytes, and its name inside the folder."""

    name: str
    body: bytes


def read_clips(folder: Path) -> tuple[Clip, ...]:
    """Every WAV file below the folder, sorted by name."""
    if not folder.is_dir():
        raise ClipsError(f"--audio must be a folder of WAV files, not {folder}")
    files = sorted(path for path in folder.rglob("*.wav") if path.is_file())
    if not files:
        raise ClipsError(
            f"--audio must be a folder of WAV files, at least 1, not {folder} (no *.wav below it)"
        )
    return tuple(Clip(str(path.relative_to(folder)), path.read_bytes()) for path in files)


def endless_order(clips: Sequence[Clip], seed: int) -> Iterator[Clip]:
    """Round after round of all clips, each round newly shuffled; the same seed gives the same order."""
    shuffled = list(clips)
    # Not for secrets: a load must be repeatable.
    dice = random.Random(seed)  # noqa: S311
    while True:
        dice.shuffle(shuffled)
        yield from shuffled
