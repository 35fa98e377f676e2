"""The spectrogram against one made here by the formulas: a Fourier transform and Slaney's mel filters."""

import numpy as np
import pytest

from model_server.engines.whisper_mel import LogMel

RATE, WINDOW, HOP, MELS = 16_000, 400, 160, 80


def slaney_hertz(mel):
    """Slaney's Auditory Toolbox (1998): 3 mels for 200 Hz up to 1 kHz, then 27 mels for a factor of 6.4."""
    return 200 / 3 * mel if mel < 15 else 1_000 * 6.4 ** ((mel - 15) / 27)


def filters():
    """(80, 201): triangles between 82 points that lie evenly in mels from 0 to 8 kHz, each of area 1."""
    top = 15 + 27 * np.log(8) / np.log(6.4)
    points = np.array([slaney_hertz(mel) for mel in np.linspace(0, top, MELS + 2)])
    bins = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    low, middle, high = points[:-2, None], points[1:-1, None], points[2:, None]
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    return triangles.clip(min=0) * 2 / (high - low)


def spectrogram(samples):
    padded = np.pad(samples.astype(np.float64), WINDOW // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    transform = np.exp(-2j * np.pi * np.outer(np.arange(WINDOW // 2 + 1), np.arange(WINDOW)) / WINDOW)
    frames = [padded[at : at + WINDOW] * window for at in range(0, len(samples), HOP)]
    power = np.abs(transform @ np.array(frames).T) ** 2
    logarithm = np.log10((filters() @ power).clip(min=1e-10))
    return (np.maximum(logarithm, logarithm.max() - 8) + 4) / 4


def test_spectrogram_is_that_of_the_formulas():
    random = np.random.default_rng(1)
    time = np.arange(RATE) / RATE
    sweep = np.sin(2 * np.pi * (100 + 3_000 * time) * time) + 0.01 * random.normal(size=RATE)

    ours = LogMel(MELS)(sweep.astype(np.float32), frames=100)

    assert ours.shape == (1, MELS, 100)
    assert ours[0].numpy() == pytest.approx(spectrogram(sweep), abs=1e-3)


def test_silence_follows_a_short_clip():
    mel = LogMel(MELS)(np.ones(160, dtype=np.float32), frames=50)[0].numpy()

    assert mel.shape == (MELS, 50)
    # Nothing is more than 8 decades (two units) below the loudest.
    assert mel[:, 10:] == pytest.approx(mel.max() - 2)
