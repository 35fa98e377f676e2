"""Listening: every 20 ms is one frame, whatever the rate and however the samples come."""

import numpy as np
import pytest

from model_server.listening import Listener


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 48_000])
def test_voice_is_heard_at_every_rate(rate, make_voice):
    samples = (make_voice(2.0, rate) * 8_000).astype(np.int16)

    frames = Listener(rate, mode=1).hear(samples)

    assert len(frames) in (99, 100)  # a resampler may hold the last sample back
    assert sum(frame.voiced for frame in frames) > 90


@pytest.mark.parametrize("rate", [8_000, 24_000])
def test_silence_is_not_heard(rate):
    frames = Listener(rate, mode=1).hear(np.zeros(rate, dtype=np.int16))

    assert not any(frame.voiced for frame in frames)
    assert {frame.energy for frame in frames} == {0.0}


@pytest.mark.parametrize("piece", [1, 7, 320, 1000])
def test_pieces_make_the_same_frames_as_the_whole(piece, make_voice):
    samples = (make_voice(0.3) * 8_000).astype(np.int16)
    listener = Listener(16_000, mode=1)

    pieces = [
        frame for at in range(0, len(samples), piece) for frame in listener.hear(samples[at : at + piece])
    ]

    assert pieces == Listener(16_000, mode=1).hear(samples)
    assert len(pieces) == 15


def test_energy_is_the_mean_square():
    (frame,) = Listener(8_000, mode=1).hear(np.full(160, 300, dtype=np.int16))

    assert frame.energy == 90_000.0
