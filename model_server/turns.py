"""Turns: where speech begins and ends in a stream of frames, each voiced or not.

Knows nothing of samples, sockets or models.
"""

import math
from collections import deque
from dataclasses import dataclass

from model_server.listening import FRAME_MS, Frame

# Speech begins when enough of the last 200 ms is voiced: WebRTC's detector says yes to a click, too.
ONSET_FRAMES = 200 // FRAME_MS
# For so long after a voice the detector still says yes (160 ms, and some); where a turn was ended in the
# middle of one, that must not begin the next.
HANGOVER_FRAMES = 200 // FRAME_MS
# A pause is ended by 60 ms of voice in a row, not by a click.
RESUME_FRAMES = 60 // FRAME_MS
# A turn that gets too long is cut in the middle of the quietest 260 ms of its last fifth;
# a single quiet frame may be the stop within a word.
CUT_SEARCH_RATIO = 0.2
CUT_FRAMES = 260 // FRAME_MS


@dataclass(frozen=True)
class TurnSettings:
    """When a turn begins and ends.

    `threshold` (0 to 1) is the share of the last 200 ms that must be voiced for speech to begin;
    `prefix_padding_ms` of audio before it belong to the turn; `silence_duration_ms` without a voice end it.
    """

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500


@dataclass(frozen=True)
class Started:
    """A turn begins with this frame, its padding included."""

    frame: int


@dataclass(frozen=True)
class Stopped:
    """A turn ends before this frame."""

    frame: int


class TurnDetector:
    """Hears one frame after another, counted from `first_frame`; no turn is longer than `max_seconds`."""

    def __init__(self, settings: TurnSettings, max_seconds: float, first_frame: int = 0):
        self._onset_voiced = max(math.ceil(settings.threshold * ONSET_FRAMES), 1)
        self._padding = math.ceil(settings.prefix_padding_ms / FRAME_MS)
        self._silence = math.ceil(settings.silence_duration_ms / FRAME_MS)
        self._longest = int(max_seconds * 1000) // FRAME_MS
        self._onset: deque[bool] = deque(maxlen=ONSET_FRAMES)
        self._energies: deque[float] = deque(maxlen=max(int(self._longest * CUT_SEARCH_RATIO), 1))
        self._heard = first_frame
        self._floor = first_frame
        self._start: int | None = None
        self._hangover = 0
        self._voiced_in_a_row = 0
        self._without_voice = 0

    @property
    def speaking(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._start is not None

    @property
    def earliest(self) -> int:
        """The first frame that a turn, the present or the next, can have; what is before is not needed."""
        if self._start is not None:
            return self._start
        return max(self._heard - ONSET_FRAMES - self._padding, self._floor)

    def hear(self, frame: Frame) -> list[Started | Stopped]:
        """What this frame begins or ends."""
        self._heard += 1
        self._energies.append(frame.energy)
        if self._start is None:
            return self._wait(frame.voiced)
        return self._go_on(self._start, frame.voiced)

    def end(self) -> None:
        """Whoever listens took the turn, or gave it up: none has begun, and none reaches back before now."""
        self._stop(self._heard)
        self._hangover = HANGOVER_FRAMES

    def _wait(self, voiced: bool) -> list[Started | Stopped]:
        if self._hangover > 0:
            self._hangover -= 1
            return []
        self._onset.append(voiced)
        if not voiced or sum(self._onset) < self._onset_voiced:
            return []
        first_voiced = self._heard - len(self._onset) + self._onset.index(True)
        self._start = max(first_voiced - self._padding, self._floor)
        self._without_voice = 0
        return [Started(self._start)]

    def _go_on(self, start: int, voiced: bool) -> list[Started | Stopped]:
        self._voiced_in_a_row = self._voiced_in_a_row + 1 if voiced else 0
        self._without_voice = 0 if self._voiced_in_a_row >= RESUME_FRAMES else self._without_voice + 1
        if not voiced and self._without_voice >= self._silence:
            self._stop(self._heard)
            return [Stopped(self._heard)]
        if self._heard - start >= self._longest:
            self._start = self._floor = self._quietest()
            return [Stopped(self._start), Started(self._start)]
        return []

    def _stop(self, frame: int) -> None:
        self._start = None
        self._floor = frame
        self._onset.clear()
        self._voiced_in_a_row = 0

    def _quietest(self) -> int:
        """The middle of the quietest stretch among the latest frames."""
        energies = list(self._energies)
        first = self._heard - len(energies)
        sums = [sum(energies[at : at + CUT_FRAMES]) for at in range(len(energies) - CUT_FRAMES + 1)]
        if not sums:
            return self._heard
        return first + sums.index(min(sums)) + CUT_FRAMES // 2
