"""Loudness as ITU-R BS.1770 has it, silence and clipping."""

import io
import wave

import numpy as np
import pytest

from rollout_policies.golden.loudness import clipped_ratio, k_weighting, loudness_lufs, silence_seconds
from rollout_policies.golden.sound import Sound, read_sound, wav
from tests.unit.rollout_policies.golden.small_sets import RATE, silence, sound, tone


def _sine(rate: int, hertz: float, peak: float, seconds: float) -> Sound:
    samples = peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return Sound(rate, 16, samples.reshape(-1, 1), "")


def test_the_filter_at_48_khz_is_the_standards() -> None:
    """Tables 1 and 2 of ITU-R BS.1770-4."""
    (shelf, high_pass) = k_weighting(48000)
    assert shelf[0] == pytest.approx((1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-9)
    assert shelf[1] == pytest.approx((1.0, -1.69065929318241, 0.73248077421585), abs=1e-9)
    assert high_pass[1] == pytest.approx((1.0, -1.99004745483398, 0.99007225036621), abs=1e-9)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_a_full_scale_sine_of_997_hz_is_as_loud_as_the_standard_says(rate: int) -> None:
    """ITU-R BS.1770-4, annex 1: -3.01 LKFS for one channel."""
    assert loudness_lufs(_sine(rate, 997, 1.0, 2)) == pytest.approx(-3.01, abs=0.05)


def test_silence_around_a_tone_is_gated_away() -> None:
    """37 blocks lie in the tone; three at each end hold 1/4, 1/2, 3/4 of it: 40/43 of its power is left."""
    alone, framed = sound(tone(4)), sound(silence(10), tone(4), silence(10))
    assert loudness_lufs(framed) == pytest.approx(loudness_lufs(alone) + 10 * np.log10(40 / 43), abs=0.02)


def test_what_is_silent_has_no_loudness() -> None:
    assert loudness_lufs(sound(silence(1))) is None


def test_a_clip_shorter_than_a_block_is_one_block() -> None:
    """A sine of peak 0.1 at 997 Hz: 20 dB below full scale's -3.01."""
    assert loudness_lufs(_sine(RATE, 997, 0.1, 0.2)) == pytest.approx(-23.01, abs=0.15)


def test_silence_before_and_after_is_measured_to_ten_milliseconds() -> None:
    before, after = silence_seconds(sound(silence(0.3), tone(1), silence(0.5)))
    assert (before, after) == (pytest.approx(0.3, abs=0.011), pytest.approx(0.5, abs=0.011))


def test_silence_throughout_is_as_long_as_the_clip() -> None:
    assert silence_seconds(sound(silence(0.7))) == (0.7, 0.7)


def test_only_runs_at_full_scale_are_clipped() -> None:
    """Three neighbours at full scale are cut off, two and one are peaks: 3 of 100 samples."""
    samples = np.zeros(100)
    samples[10:13] = 1.0
    samples[40:42] = -1.0
    samples[70] = 1.0
    assert clipped_ratio(sound(samples)) == pytest.approx(0.03)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_samples_of_every_width_have_the_same_scale(width: int) -> None:
    stored = {1: b"\xc0", 2: b"\x00\x40", 3: b"\x00\x00\x40", 4: b"\x00\x00\x00\x40"}[width]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, width, RATE, 0, "NONE", ""))
        file.writeframes(stored)
    assert read_sound(out.getvalue()).samples.tolist() == [[0.5]]


def test_a_sound_comes_back_as_it_was_written() -> None:
    written = sound(tone(0.1))
    again = read_sound(wav(written))
    assert again.sample_rate == RATE
    assert np.abs(again.samples - written.samples).max() < 1 / 32768
