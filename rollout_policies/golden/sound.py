"""Reads and writes PCM WAV as numbers; knows nothing of labels or of what a sound should be like.

Only what Python's own `wave` reads: PCM of 8, 16, 24 or 32 bits. Golden clips are posted as audio/wav.
"""

import hashlib
import io
import wave
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rollout_policies.errors import GoldenSetError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sound:
    """Samples of shape (frames, channels), full scale 1.0, and the digest of the samples as stored.

    Files that differ only in their headers have the same digest.
    """

    sample_rate: int
    bits: int
    samples: Floats
    digest: str

    @property
    def channels(self) -> int:
        """The number of channels."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """The duration in seconds."""
        return len(self.samples) / self.sample_rate


def read_sound(content: bytes) -> Sound:
    """Return a WAV file's sound; GoldenSetError where it is not PCM WAV or holds no sample."""
    try:
        with wave.open(io.BytesIO(content), "rb") as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            stored = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise GoldenSetError(
            f"must be PCM WAV of 8, 16, 24 or 32 bits: {error or 'it ends too soon'}"
        ) from error
    whole = len(stored) // (width * channels) * width * channels
    if not whole or rate < 1:
        raise GoldenSetError("holds no sample")
    stored = stored[:whole]
    digest = hashlib.sha256(f"{rate} {channels} {width} ".encode() + stored).hexdigest()
    return Sound(rate, 8 * width, _samples(stored, width).reshape(-1, channels), digest)


def _samples(stored: bytes, width: int) -> Floats:
    if width == 1:
        return (np.frombuffer(stored, np.uint8).astype(float) - 128) / 128
    if width == 3:
        wide = np.zeros((len(stored) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(stored, np.uint8).reshape(-1, 3)
        return wide.reshape(-1).view("<i4").astype(float) / 2.0**31
    return np.frombuffer(stored, f"<i{width}").astype(float) / 2.0 ** (8 * width - 1)


def wav(sound: Sound) -> bytes:
    """Return a sound as a WAV file of 16 bits; what is beyond full scale is cut off."""
    scaled = np.clip(np.round(sound.samples * 32768), -32768, 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(sound.channels)
        file.setsampwidth(2)
        file.setframerate(sound.sample_rate)
        file.writeframes(scaled.tobytes())
    return out.getvalue()
