"""Listening: samples as they come become frames of 20 ms, each with WebRTC's opinion and its energy.

The sibling, for a stream, of voice_activity, which has the whole clip. Knows nothing of turns or sockets.
"""

from dataclasses import dataclass

import numpy as np
import soxr
import webrtcvad
from numpy.typing import NDArray

FRAME_MS = 20
# What the detector takes; another rate is resampled to the first, to be listened to and nothing else.
SAMPLE_RATES = (16_000, 8_000, 32_000, 48_000)
# Cubic interpolation: it is at most one sample late (soxr's default 37 ms), and what it lets fold down
# from above 8 kHz does not reach below 4 kHz, where the detector looks.
QUALITY = "QQ"


@dataclass(frozen=True)
class Frame:
    """20 ms: whether they hold a voice, and the mean square of their samples."""

    voiced: bool
    energy: float


class Listener:
    """Hears 16-bit samples at `sample_rate` Hz; `mode` 0 takes most for a voice, 3 least."""

    def __init__(self, sample_rate: int, mode: int):
        self._detector = webrtcvad.Vad(mode)
        self._resampler = None
        self._rate = sample_rate
        if sample_rate not in SAMPLE_RATES:
            self._rate = SAMPLE_RATES[0]
            self._resampler = soxr.ResampleStream(sample_rate, self._rate, 1, "float32", QUALITY)
        self._rest = np.zeros(0, dtype=np.int16)

    def hear(self, samples: NDArray[np.int16]) -> list[Frame]:
        """The frames that these samples fill up, in order; what is left waits for the next."""
        if self._resampler is not None:
            # In floats: soxr dithers what it rounds to 16 bits itself, and silence would not stay silent.
            resampled = self._resampler.resample_chunk(samples.astype(np.float32))
            samples = np.clip(np.rint(resampled), -32768, 32767).astype(np.int16)
        size = self._rate * FRAME_MS // 1000
        waiting = np.concatenate([self._rest, samples])
        count = len(waiting) // size
        self._rest = waiting[count * size :]
        return [self._frame(frame) for frame in waiting[: count * size].reshape(count, size)]

    def _frame(self, samples: NDArray[np.int16]) -> Frame:
        voiced = self._detector.is_speech(samples.tobytes(), self._rate)
        return Frame(voiced, float(np.square(samples, dtype=np.float32).mean()))
