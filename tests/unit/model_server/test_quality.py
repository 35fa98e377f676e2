"""Input quality: figures by hand, and loudness by the calibration of BS.1770."""

import numpy as np
import pytest

from model_server.quality import QualityMeter, loudness, snr, weighted_power

RATE = 16_000
FRAME = 480


def measured(blocks, decisions, sample_rate=RATE):
    meter = QualityMeter(sample_rate)
    for block in blocks:
        meter.push(np.asarray(block, dtype=np.float32))
    return meter.finish(decisions)


def test_clipped_ratio_counts_samples_at_full_scale():
    assert measured([[0.0, 1.0], [-1.0, 0.5]], []).clipped_ratio == pytest.approx(0.5)


def test_silence_has_no_loudness_and_no_ratio():
    quality = measured([np.zeros(RATE)], [False] * 33)

    assert (quality.loudness_lufs, quality.snr_db, quality.lead_silence_seconds) == (None, None, None)
    assert (quality.clipped_ratio, quality.speech_ratio) == (0, 0)


def test_full_scale_sine_of_997_hz_is_three_below_full_scale():
    # ITU-R BS.1770-4, section 2: a 0 dBFS 997 Hz sine in one channel measures -3.01 LKFS.
    times = np.arange(48_000 * 2) / 48_000
    sine = np.sin(2 * np.pi * 997 * times)

    assert measured([sine], [], sample_rate=48_000).loudness_lufs == pytest.approx(-3.01, abs=0.05)


def test_low_rumble_counts_for_little():
    times = np.arange(RATE) / RATE

    assert weighted_power(np.sin(2 * np.pi * 20 * times), RATE) < 0.1 * weighted_power(
        np.sin(2 * np.pi * 1000 * times), RATE
    )


def test_pauses_do_not_lower_the_loudness():
    spoken, pause = 0.01, 1e-9

    assert loudness(np.array([spoken, spoken, pause, pause])) == loudness(np.array([spoken]))


def test_snr_is_speech_above_the_noise_that_is_in_it_too():
    # Mean squares 1.01 with speech and 0.01 without: the speech alone has 1, a hundred times the noise.
    assert snr(np.array([1.01]), np.array([0.01])) == pytest.approx(20)


@pytest.mark.parametrize(("speech", "silence"), [([1.0], []), ([], [1.0]), ([0.5], [1.0]), ([1.0], [0.0])])
def test_snr_is_unknown_where_one_side_says_nothing(speech, silence):
    assert snr(np.array(speech), np.array(silence)) is None


def test_silence_before_and_after_speech_is_told_in_seconds():
    decisions = [False] * 10 + [True] * 5 + [False] * 20

    quality = measured([np.zeros(35 * FRAME)], decisions)

    assert quality.lead_silence_seconds == pytest.approx(0.3)
    assert quality.trail_silence_seconds == pytest.approx(0.6)
    assert quality.speech_ratio == pytest.approx(5 / 35)


def test_blocks_of_any_size_give_the_same_figures():
    noise = np.random.default_rng(3).normal(0, 0.1, RATE * 2).astype(np.float32)
    decisions = ([True] * 20 + [False] * 13) * 2

    whole, cut = measured([noise], decisions), measured(np.split(noise, [7, 5_000, 20_001]), decisions)

    assert cut == whole
