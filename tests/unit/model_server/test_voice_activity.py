"""Voice activity: no frame is lost, speech keeps its padding, chunks fit the engine."""

import numpy as np
import pytest

from model_server.voice_activity import FRAME_MS, Segment, chunks, segments, speech_frames, speech_ratio

RATE = 16_000
FRAME = RATE * FRAME_MS // 1000


@pytest.mark.parametrize(
    ("samples", "frames"), [(0, 0), (1, 1), (FRAME, 1), (3 * FRAME, 3), (3 * FRAME + 1, 4)]
)
def test_every_sample_is_in_a_frame(samples, frames):
    assert len(speech_frames(np.zeros(samples, dtype=np.float32), RATE, mode=1)) == frames


def test_exactly_fitting_last_frame_is_heard(make_voice):
    waveform = make_voice(20 * FRAME_MS / 1000)
    assert len(waveform) == 20 * FRAME

    assert speech_frames(waveform, RATE, mode=0)[-1]


def test_silence_is_no_speech():
    frames = speech_frames(np.zeros(RATE, dtype=np.float32), RATE, mode=1)

    assert speech_ratio(frames) == 0
    assert segments(frames, 1.0) == []


def test_unknown_rate_is_refused_by_value():
    with pytest.raises(ValueError, match="not 11025"):
        speech_frames(np.zeros(100, dtype=np.float32), 11_025, mode=1)


def test_speech_is_padded_within_the_clip():
    frames = [True] + [False] * 49 + [True] + [False] * 48 + [True]  # 0 s, 1.5 s and the last frame of 3 s

    assert segments(frames, 3.0, padding=0.2) == [
        Segment(0.0, pytest.approx(0.23)),
        Segment(pytest.approx(1.3), pytest.approx(1.73)),
        Segment(pytest.approx(2.77), 3.0),
    ]


def test_padding_that_overlaps_joins_segments():
    frames = [False] * 20 + [True] + [False] * 10 + [True] + [False] * 20

    assert segments(frames, 1.56, padding=0.3) == [Segment(pytest.approx(0.3), pytest.approx(1.26))]


def test_short_clip_is_one_chunk_with_its_pauses():
    waveform = np.zeros(10 * RATE, dtype=np.float32)

    assert chunks([Segment(1, 3), Segment(5, 9)], waveform, RATE, max_seconds=24) == [Segment(1, 9)]


def test_long_clip_is_cut_at_its_pauses():
    waveform = np.zeros(40 * RATE, dtype=np.float32)
    speech = [Segment(0, 8), Segment(9, 17), Segment(19, 35)]

    assert chunks(speech, waveform, RATE, max_seconds=20) == [Segment(0, 17), Segment(19, 35)]


def test_speech_without_a_pause_is_cut_at_its_quietest(make_voice):
    waveform = make_voice(30.0)
    waveform[round(18.5 * RATE) : round(18.6 * RATE)] = 0

    pieces = chunks([Segment(0.0, 30.0)], waveform, RATE, max_seconds=20)

    assert [piece.seconds <= 20 for piece in pieces] == [True, True]
    assert pieces[0].end == pieces[1].start == pytest.approx(18.55, abs=0.05)
