"""Stage 3, voice activity: which stretches of a waveform are worth an engine's time.

WebRTC's detector says speech or not for each 30 ms; speech is padded, so that soft starts and ends of
words survive, and packed into chunks that an engine can take. The waveform comes block by block, and no more
of it is kept than a chunk may still need. Knows nothing of engines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import webrtcvad

from model_server.waveform import Waveform

FRAME_MS = 30
SAMPLE_RATES = (8_000, 16_000, 32_000, 48_000)
PADDING_SECONDS = 0.3
# Where no pause is found in time, a chunk is cut in the middle of the quietest 270 ms of its last fifth;
# a single frame may be the stop within a word.
CUT_SEARCH_RATIO = 0.2
CUT_FRAMES = 9


@dataclass(frozen=True)
class Segment:
    """A stretch of the clip, in seconds from its start."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start


class Detector:
    """Whether each 30 ms of a sound hold speech; `mode` 0 lets most through, 3 least, None all."""

    def __init__(self, sample_rate: int, mode: int | None):
        if sample_rate not in SAMPLE_RATES:
            raise ValueError(f"sample rate must be one of {SAMPLE_RATES} Hz, not {sample_rate}")
        self._sample_rate = sample_rate
        self._frame_bytes = sample_rate * FRAME_MS // 1000 * 2
        self._vad = None if mode is None else webrtcvad.Vad(mode)
        self._left = b""

    def push(self, waveform: Waveform) -> list[bool]:
        """The decisions on the frames that are whole now."""
        samples = self._left + np.clip(waveform * 32768.0, -32768, 32767).astype("<i2").tobytes()
        whole = len(samples) - len(samples) % self._frame_bytes
        self._left = samples[whole:]
        return [
            self._speech(samples[at : at + self._frame_bytes]) for at in range(0, whole, self._frame_bytes)
        ]

    def finish(self) -> list[bool]:
        """The decision on the last frame, filled up with silence, if there is one."""
        return [self._speech(self._left.ljust(self._frame_bytes, b"\0"))] if self._left else []

    def _speech(self, frame: bytes) -> bool:
        return self._vad is None or bool(self._vad.is_speech(frame, self._sample_rate))


class Chunker:
    """Packs padded speech, pauses between it included, into chunks of at most `max_seconds`."""

    def __init__(self, sample_rate: int, max_seconds: float, padding: float = PADDING_SECONDS):
        self._rate = sample_rate
        self._max_seconds = max_seconds
        self._padding = padding
        self._kept = np.zeros(0, np.float32)
        self._kept_from = 0  # the sample of the clip that the kept ones begin with
        self._frames = 0
        self._speech: Segment | None = None  # the padded stretch that may still grow
        self._chunk: Segment | None = None  # whole stretches packed so far

    def push(self, waveform: Waveform, decisions: list[bool]) -> Iterator[tuple[Segment, Waveform]]:
        """Take a block and the decisions on frames up to its end; the chunks that cannot grow any more."""
        self._kept = np.concatenate([self._kept, waveform])
        for speech in decisions:
            if speech:
                yield from self._extend()
            self._frames += 1
        yield from self._settle(self._frames * FRAME_MS / 1000)
        self._forget()

    def finish(self, duration: float) -> Iterator[tuple[Segment, Waveform]]:
        """The chunks left at the end of a clip of `duration` seconds."""
        if self._speech is not None:
            self._speech = Segment(self._speech.start, min(self._speech.end, duration))
            yield from self._cut()
            yield from self._pack(self._speech)
        if self._chunk is not None:
            yield self._chunk, self._samples(self._chunk)

    def _extend(self) -> Iterator[tuple[Segment, Waveform]]:
        start = max(self._frames * FRAME_MS / 1000 - self._padding, 0.0)
        end = (self._frames + 1) * FRAME_MS / 1000 + self._padding
        if self._speech is not None and start <= self._speech.end:
            self._speech = Segment(self._speech.start, end)
        else:
            if self._speech is not None:
                yield from self._pack(self._speech)
            self._speech = Segment(start, end)
        if self._speech.seconds > self._max_seconds + self._padding:
            yield from self._cut()

    def _settle(self, now: float) -> Iterator[tuple[Segment, Waveform]]:
        """What is beyond doubt after `now` seconds: speech that ended, a chunk that is full."""
        if self._speech is not None and now - self._padding > self._speech.end:
            speech, self._speech = self._speech, None
            yield from self._pack(speech)
        growing = now - self._padding if self._speech is None else self._speech.start
        if self._chunk is not None and growing - self._chunk.start > self._max_seconds:
            chunk, self._chunk = self._chunk, None
            yield chunk, self._samples(chunk)

    def _cut(self) -> Iterator[tuple[Segment, Waveform]]:
        """Pieces of at most max_seconds off the growing stretch, until the rest is no longer than that."""
        while self._speech is not None and self._speech.seconds > self._max_seconds:
            latest = self._speech.start + self._max_seconds
            at = self._quietest(latest - CUT_SEARCH_RATIO * self._max_seconds, latest)
            piece, self._speech = Segment(self._speech.start, at), Segment(at, self._speech.end)
            yield from self._pack(piece)

    def _pack(self, piece: Segment) -> Iterator[tuple[Segment, Waveform]]:
        if self._chunk is not None and piece.end - self._chunk.start <= self._max_seconds:
            self._chunk = Segment(self._chunk.start, piece.end)
            return
        if self._chunk is not None:
            yield self._chunk, self._samples(self._chunk)
        self._chunk = piece

    def _samples(self, segment: Segment) -> Waveform:
        first, last = (round(at * self._rate) - self._kept_from for at in (segment.start, segment.end))
        return self._kept[first:last]

    def _quietest(self, earliest: float, latest: float) -> float:
        size = self._rate * FRAME_MS // 1000
        window = self._samples(Segment(earliest, latest))
        count = len(window) // size
        energy = np.square(window[: count * size].reshape(count, size)).sum(axis=1)
        around = np.convolve(energy, np.ones(CUT_FRAMES), mode="valid")
        return (round(earliest * self._rate) + (int(around.argmin()) + CUT_FRAMES / 2) * size) / self._rate

    def _forget(self) -> None:
        """Let go of the samples before whatever may still be asked for."""
        open_stretch = self._chunk or self._speech
        needed = open_stretch.start if open_stretch else self._frames * FRAME_MS / 1000 - self._padding
        surplus = round(needed * self._rate) - self._kept_from
        if surplus > 0:
            self._kept = self._kept[surplus:]
            self._kept_from += surplus
