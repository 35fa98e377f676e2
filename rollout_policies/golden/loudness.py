"""Measures loudness, silence and clipping of a sound; judges nothing.

Loudness is ITU-R BS.1770-4's: K-weighted, in blocks of 400 ms that overlap by three quarters, gated at
-70 LUFS and then at 10 LU below what is left. A clip shorter than a block is one block, which the standard
does not cover. The standard gives its filter at 48 kHz only; for other rates it is derived from the same
analogue prototypes by the bilinear transform (De Man 2014, "Evaluation of Implementations of the EBU R128
Loudness Measurement").
"""

import numpy as np

from rollout_policies.golden.sound import Floats, Sound

BLOCK_SECONDS, HOP_SECONDS = 0.4, 0.1
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
# Room for the filter's ringing, applied as a product of spectra: its high pass at 38 Hz is still by then.
TAIL_SECONDS = 0.25

FRAME_SECONDS = 0.01
# Speech is what comes within this of the clip's loud frames, and is above this floor in dBFS.
BELOW_LOUD_DB, FLOOR_DBFS = 35.0, -65.0
# This many neighbours at full scale are no peak but a cut-off one.
CLIPPED_RUN, FULL_SCALE = 3, 0.999

Biquad = tuple[tuple[float, float, float], tuple[float, float, float]]


def k_weighting(sample_rate: int) -> tuple[Biquad, Biquad]:
    """Return numerators and denominators of the standard's shelf and high pass at a rate."""
    k = float(np.tan(np.pi * 1681.974450955533 / sample_rate))
    high, q = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = (
        ((high + middle * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - middle * k / q + k * k) / a0),
        (1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    )
    k, q = float(np.tan(np.pi * 38.13547087602444 / sample_rate)), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return shelf, ((1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0))


def _weighted(sound: Sound) -> Floats:
    length = len(sound.samples) + int(TAIL_SECONDS * sound.sample_rate)
    size = 1 << (length - 1).bit_length()
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones_like(z)
    for numerator, denominator in k_weighting(sound.sample_rate):
        response *= np.polyval(numerator[::-1], z) / np.polyval(denominator[::-1], z)
    spectrum = np.fft.rfft(sound.samples, size, axis=0) * response[:, None]
    return np.asarray(np.fft.irfft(spectrum, size, axis=0)[: len(sound.samples)])


def loudness_lufs(sound: Sound) -> float | None:
    """Return the integrated loudness in LUFS; None where everything is below the absolute gate."""
    power = (_weighted(sound) ** 2).sum(axis=1)
    block, hop = (int(seconds * sound.sample_rate) for seconds in (BLOCK_SECONDS, HOP_SECONDS))
    block = max(1, min(block, len(power)))
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - block + 1, max(1, hop))
    # A difference of sums may come out a hair below zero.
    blocks = np.maximum(total[starts + block] - total[starts], 0.0) / block
    loud = blocks[_lufs(blocks) > ABSOLUTE_GATE]
    if not len(loud):
        return None
    gated = loud[_lufs(loud) > float(_lufs(loud.mean())) + RELATIVE_GATE]
    return float(_lufs(gated.mean()))


def _lufs(power: Floats | np.floating) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(power))


def silence_seconds(sound: Sound) -> tuple[float, float]:
    """Return the silence before and after in seconds; both are the whole duration where nothing is heard."""
    frame = min(len(sound.samples), max(1, int(FRAME_SECONDS * sound.sample_rate)))
    frames = len(sound.samples) // frame
    power = (sound.samples[: frames * frame] ** 2).mean(axis=1).reshape(frames, frame).mean(axis=1)
    threshold = max(float(np.quantile(power, 0.95)) * 10 ** (-BELOW_LOUD_DB / 10), 10 ** (FLOOR_DBFS / 10))
    heard = np.flatnonzero(power > threshold)
    if not len(heard):
        return sound.seconds, sound.seconds
    return heard[0] * FRAME_SECONDS, max(0.0, sound.seconds - (heard[-1] + 1) * FRAME_SECONDS)


def clipped_ratio(sound: Sound) -> float:
    """Return the share of samples that lie at full scale with at least two neighbours."""
    ratios = []
    for channel in np.abs(sound.samples).T:
        at_end = np.concatenate([[False], channel >= FULL_SCALE, [False]])
        edges = np.flatnonzero(np.diff(at_end.astype(np.int8)))
        lengths = edges[1::2] - edges[::2]
        ratios.append(float(lengths[lengths >= CLIPPED_RUN].sum()) / len(channel))
    return max(ratios)
