"""A subject and the yardstick measured in turns: what the machine does to one it does to the other; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True)
class Slices:
    """Clips a second of each slice of a subject, and of the bare engine's slice beside it."""

    clips_a_second: tuple[float, ...]
    bare_clips_a_second: tuple[float, ...]

    @property
    def speed(self) -> float:
        """The subject's mean."""
        return fmean(self.clips_a_second)


def in_turns(count: int, subject: Callable[[], float], bare: Callable[[], float]) -> Slices:
    """`count` slices of each, subject first in every second pair."""
    ours, theirs = [], []
    for number in range(count):
        if number % 2:
            ours.append(subject())
        theirs.append(bare())
        if not number % 2:
            ours.append(subject())
    return Slices(tuple(ours), tuple(theirs))
