"""The audio of a realtime session: what waits in its buffer, and what was committed of it.

Knows nothing of events or turns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_BYTES = 2


@dataclass(frozen=True)
class Utterance:
    """Audio of one item to be transcribed: `pcm` is 16-bit little-endian samples of one channel."""

    item_id: str
    pcm: bytes
    sample_rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / SAMPLE_BYTES / self.sample_rate


class AudioBuffer:
    """Samples that wait; positions are counted in samples from the session's first one."""

    def __init__(self) -> None:
        self.start = 0
        self._pcm = bytearray()

    @property
    def end(self) -> int:
        """The position behind the last sample."""
        return self.start + len(self._pcm) // SAMPLE_BYTES

    def seconds(self, sample_rate: int) -> float:
        """How long they last."""
        return (self.end - self.start) / sample_rate

    def append(self, samples: NDArray[np.int16]) -> None:
        """Add samples at the end."""
        self._pcm += samples.astype("<i2", copy=False).tobytes()

    def all(self) -> bytes:
        """Every sample, which stay."""
        return bytes(self._pcm)

    def take(self, until: int) -> bytes:
        """The samples before `until`, which are gone from here."""
        count = min(max(until - self.start, 0), self.end - self.start)
        taken = bytes(self._pcm[: count * SAMPLE_BYTES])
        del self._pcm[: count * SAMPLE_BYTES]
        self.start += count
        return taken
