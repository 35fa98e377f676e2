"""Stage 2, input quality: what can be said of a sound without understanding it, block by block.

Loudness after ITU-R BS.1770-4 with blocks that do not overlap, each weighted in the frequency domain. Knows
nothing of engines, and of voice activity only which frames hold speech.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from model_server.voice_activity import FRAME_MS
from model_server.waveform import Waveform

# 16-bit full scale is 0.99997; resampling a clipped sound smears its flat tops a little below that.
CLIPPED_LEVEL = 0.99
# BS.1770-4: blocks of 400 ms, those below -70 LUFS or 10 LU below the rest's mean do not count.
LOUDNESS_BLOCK_SECONDS = 0.4
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU, LOUDNESS_OFFSET = -70.0, 10.0, -0.691
# Tables 1 and 2 of BS.1770-4, (b0, b1, b2), (1, a1, a2) at 48 kHz: a head's high shelf, and a high pass.
FILTER_RATE = 48_000
FILTERS = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)


@dataclass(frozen=True)
class InputQuality:
    """Figures of one clip; ratios from 0 to 1, None where the clip does not tell."""

    clipped_ratio: float
    speech_ratio: float
    loudness_lufs: float | None
    snr_db: float | None
    lead_silence_seconds: float | None
    trail_silence_seconds: float | None


class QualityMeter:
    """Gathers the figures of one clip at `sample_rate` Hz."""

    def __init__(self, sample_rate: int):
        self._rate = sample_rate
        self._samples = 0
        self._clipped = 0
        self._energies: list[NDArray[np.float64]] = []
        self._powers: list[float] = []
        self._frame_rest = np.zeros(0, np.float32)
        self._block_rest = np.zeros(0, np.float32)

    def push(self, waveform: Waveform) -> None:
        """Take the next block."""
        self._samples += len(waveform)
        self._clipped += int(np.count_nonzero(np.abs(waveform) >= CLIPPED_LEVEL))
        frames, self._frame_rest = _whole(self._frame_rest, waveform, self._rate * FRAME_MS // 1000)
        self._energies.append(np.square(frames, dtype=np.float64).mean(axis=1))
        blocks, self._block_rest = _whole(
            self._block_rest, waveform, round(self._rate * LOUDNESS_BLOCK_SECONDS)
        )
        self._powers += [weighted_power(block, self._rate) for block in blocks]

    def finish(self, decisions: list[bool]) -> InputQuality:
        """The figures of the whole clip, given which of its frames hold speech."""
        if not self._powers and len(self._block_rest):
            self._powers.append(weighted_power(self._block_rest, self._rate))
        speech = np.array(decisions, dtype=bool)
        spoken = np.flatnonzero(speech)
        known = len(spoken) > 0
        return InputQuality(
            clipped_ratio=self._clipped / self._samples if self._samples else 0.0,
            speech_ratio=float(speech.mean()) if len(speech) else 0.0,
            loudness_lufs=loudness(np.array(self._powers)),
            snr_db=self._snr(speech),
            lead_silence_seconds=float(spoken[0]) * FRAME_MS / 1000 if known else None,
            trail_silence_seconds=float(len(speech) - 1 - spoken[-1]) * FRAME_MS / 1000 if known else None,
        )

    def _snr(self, speech: NDArray[np.bool_]) -> float | None:
        energies = np.concatenate([*self._energies, np.zeros(0)])
        whole = speech[: len(energies)]
        return snr(energies[whole], energies[~whole])


def snr(speech: NDArray[np.float64], silence: NDArray[np.float64]) -> float | None:
    """Decibels of speech over noise, from the mean squares of frames with and without speech."""
    if len(speech) == 0 or len(silence) == 0:
        return None
    noise = float(silence.mean())
    signal = float(speech.mean()) - noise
    return 10 * float(np.log10(signal / noise)) if noise > 0 and signal > 0 else None


def loudness(powers: NDArray[np.float64]) -> float | None:
    """Integrated loudness in LUFS of blocks' weighted powers, None of silence."""
    kept = powers[powers > 10 ** ((ABSOLUTE_GATE_LUFS - LOUDNESS_OFFSET) / 10)]
    if len(kept) == 0:
        return None
    kept = kept[kept > kept.mean() / 10 ** (RELATIVE_GATE_LU / 10)]
    return LOUDNESS_OFFSET + 10 * float(np.log10(kept.mean()))


def weighted_power(block: Waveform, sample_rate: int) -> float:
    """The mean square of a block after the K weighting."""
    spectrum = np.abs(np.fft.rfft(block)) ** 2
    # A real signal's spectrum is symmetric; only the edges stand for themselves alone.
    spectrum[1 : (len(block) + 1) // 2] *= 2
    return float(spectrum @ _weighting(len(block), sample_rate)) / len(block) ** 2


@lru_cache(maxsize=8)
def _weighting(size: int, sample_rate: int) -> NDArray[np.float64]:
    """|H(f)|^2 of the K weighting at the frequencies of a block's spectrum."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size, 1 / sample_rate) / FILTER_RATE)
    gain = np.ones(len(z))
    for numerator, denominator in FILTERS:
        gain = gain * np.abs(np.polyval(numerator[::-1], z) / np.polyval(denominator[::-1], z)) ** 2
    return gain


def _whole(rest: Waveform, waveform: Waveform, size: int) -> tuple[NDArray[np.float32], Waveform]:
    """Rows of `size` samples, and what is left."""
    samples = np.concatenate([rest, waveform])
    count = len(samples) // size
    return samples[: count * size].reshape(count, size), samples[count * size :]
