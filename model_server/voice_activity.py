"""Stage 3, voice activity: which stretches of a waveform are worth an engine's time.

WebRTC's detector says speech or not for each 30 ms; speech is padded, so that soft starts and ends of
words survive, and packed into chunks that an engine can take. Knows nothing of engines.
"""

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


def speech_frames(waveform: Waveform, sample_rate: int, mode: int) -> list[bool]:
    """Whether each 30 ms holds speech; `mode` 0 lets most through, 3 least; the last frame is filled up."""
    if sample_rate not in SAMPLE_RATES:
        raise ValueError(f"sample rate must be one of {SAMPLE_RATES} Hz, not {sample_rate}")
    detector = webrtcvad.Vad(mode)
    size = sample_rate * FRAME_MS // 1000
    missing = -len(waveform) % size
    samples = np.clip(np.pad(waveform, (0, missing)) * 32768.0, -32768, 32767).astype("<i2")
    return [
        detector.is_speech(samples[at : at + size].tobytes(), sample_rate)
        for at in range(0, len(samples), size)
    ]


def speech_ratio(frames: list[bool]) -> float:
    """The share of frames that hold speech, 0 where there are none."""
    return sum(frames) / len(frames) if frames else 0.0


def segments(frames: list[bool], duration: float, padding: float = PADDING_SECONDS) -> list[Segment]:
    """Speech with `padding` seconds on both sides, within the clip's `duration`; overlaps are joined."""
    found: list[Segment] = []
    for index, speech in enumerate(frames):
        if not speech:
            continue
        start = max(index * FRAME_MS / 1000 - padding, 0.0)
        end = min((index + 1) * FRAME_MS / 1000 + padding, duration)
        if found and start <= found[-1].end:
            found[-1] = Segment(found[-1].start, end)
        else:
            found.append(Segment(start, end))
    return found


def chunks(speech: list[Segment], waveform: Waveform, sample_rate: int, max_seconds: float) -> list[Segment]:
    """The segments packed, pauses between them included, into chunks of at most `max_seconds`."""
    packed: list[Segment] = []
    for segment in speech:
        for piece in _cut(segment, waveform, sample_rate, max_seconds):
            if packed and piece.end - packed[-1].start <= max_seconds:
                packed[-1] = Segment(packed[-1].start, piece.end)
            else:
                packed.append(piece)
    return packed


def _cut(segment: Segment, waveform: Waveform, sample_rate: int, max_seconds: float) -> list[Segment]:
    pieces: list[Segment] = []
    while segment.seconds > max_seconds:
        latest = segment.start + max_seconds
        earliest = latest - CUT_SEARCH_RATIO * max_seconds
        at = _quietest(waveform, sample_rate, earliest, latest)
        pieces.append(Segment(segment.start, at))
        segment = Segment(at, segment.end)
    return [*pieces, segment]


def _quietest(waveform: Waveform, sample_rate: int, earliest: float, latest: float) -> float:
    size = sample_rate * FRAME_MS // 1000
    first = round(earliest * sample_rate)
    window = waveform[first : round(latest * sample_rate)]
    count = len(window) // size
    energy = np.square(window[: count * size].reshape(count, size)).sum(axis=1)
    around = np.convolve(energy, np.ones(CUT_FRAMES), mode="valid")
    return (first + (int(around.argmin()) + CUT_FRAMES / 2) * size) / sample_rate
