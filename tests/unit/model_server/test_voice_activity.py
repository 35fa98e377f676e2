"""Voice activity: no frame is lost, speech keeps its padding, chunks fit the engine, memory is bounded."""

import numpy as np
import pytest

from model_server.voice_activity import FRAME_MS, Chunker, Detector, Segment

RATE = 16_000
FRAME = RATE * FRAME_MS // 1000


def decided(waveform, mode=1):
    detector = Detector(RATE, mode)
    return detector.push(waveform) + detector.finish()


def chunked(decisions, max_seconds=24, padding=0.3, waveform=None, duration=None, block=50):
    """The chunks of decisions that come `block` frames at a time."""
    if waveform is None:
        waveform = np.zeros(len(decisions) * FRAME, dtype=np.float32)
    chunker = Chunker(RATE, max_seconds, padding)
    found = []
    for at in range(0, len(decisions), block):
        samples = waveform[at * FRAME : (at + block) * FRAME]
        found += list(chunker.push(samples, decisions[at : at + block]))
    found += list(chunker.finish(duration or len(waveform) / RATE))
    assert all(len(samples) == pytest.approx(segment.seconds * RATE, abs=1) for segment, samples in found)
    return [segment for segment, _ in found]


def spoken(frames, *stretches):
    """Decisions of so many frames, true within the stretches (in frames)."""
    return [any(first <= frame < last for first, last in stretches) for frame in range(frames)]


@pytest.mark.parametrize(
    ("samples", "frames"), [(0, 0), (1, 1), (FRAME, 1), (3 * FRAME, 3), (3 * FRAME + 1, 4)]
)
def test_every_sample_is_in_a_frame(samples, frames):
    assert len(decided(np.zeros(samples, dtype=np.float32))) == frames


def test_blocks_of_any_size_give_the_same_decisions(make_voice):
    waveform = np.concatenate([make_voice(1.0), np.zeros(RATE, np.float32), make_voice(0.5)])
    detector = Detector(RATE, 1)

    pieces = [decision for piece in np.array_split(waveform, 7) for decision in detector.push(piece)]

    assert pieces + detector.finish() == decided(waveform)


def test_exactly_fitting_last_frame_is_heard(make_voice):
    waveform = make_voice(20 * FRAME_MS / 1000)
    assert len(waveform) == 20 * FRAME

    assert decided(waveform, mode=0)[-1]


def test_silence_is_no_speech_unless_the_detector_is_off():
    silence = np.zeros(RATE, dtype=np.float32)

    assert not any(decided(silence))
    assert all(decided(silence, mode=None))


def test_unknown_rate_is_refused_by_value():
    with pytest.raises(ValueError, match="not 11025"):
        Detector(11_025, 1)


def test_silence_has_no_chunk():
    assert chunked([False] * 100) == []


def test_speech_is_padded_within_the_clip():
    decisions = spoken(100, (0, 1), (50, 51), (99, 100))

    assert chunked(decisions, padding=0.2, max_seconds=0.5) == [
        Segment(0.0, pytest.approx(0.23)),
        Segment(pytest.approx(1.3), pytest.approx(1.73)),
        Segment(pytest.approx(2.77), 3.0),
    ]


def test_short_clip_is_one_chunk_with_its_pauses():
    decisions = spoken(400, (50, 100), (200, 300))

    assert chunked(decisions) == [Segment(pytest.approx(1.2), pytest.approx(9.3))]


def test_long_clip_is_cut_at_its_pauses():
    # Speech at 0 to 8, 9 to 17 and 19 to 35 seconds, the pauses within 20 s kept.
    decisions = spoken(1200, (0, 256), (310, 557), (643, 1157))

    pieces = chunked(decisions, max_seconds=20)

    assert [(round(piece.start), round(piece.end)) for piece in pieces] == [(0, 17), (19, 35)]


@pytest.mark.parametrize("block", [1, 7, 134, 5_000])
def test_blocks_of_any_size_give_the_same_chunks(block):
    decisions = spoken(3000, (0, 256), (310, 557), (643, 1157), (1200, 2900))

    assert chunked(decisions, max_seconds=20, block=block) == chunked(decisions, max_seconds=20, block=100)


def test_speech_without_a_pause_is_cut_at_its_quietest(make_voice):
    waveform = make_voice(30.0)
    waveform[round(18.5 * RATE) : round(18.6 * RATE)] = 0

    pieces = chunked([True] * 1000, max_seconds=20, waveform=waveform)

    assert [piece.seconds <= 20 for piece in pieces] == [True, True]
    assert pieces[0].end == pieces[1].start == pytest.approx(18.55, abs=0.05)


def test_chunk_does_not_wait_for_speech_that_cannot_fit():
    chunker = Chunker(RATE, max_seconds=2)
    speech = list(chunker.push(np.zeros(20 * FRAME, np.float32), [True] * 20))

    silence = list(chunker.push(np.zeros(80 * FRAME, np.float32), [False] * 80))

    assert (len(speech), len(silence)) == (0, 1)


@pytest.mark.parametrize("speech", [True, False])
def test_an_hour_is_never_kept_whole(speech):
    chunker = Chunker(RATE, max_seconds=2)
    block, largest = np.zeros(100 * FRAME, np.float32), 0
    for _ in range(1200):
        list(chunker.push(block, [speech] * 100))
        largest = max(largest, len(chunker._kept))

    assert largest <= 2 * (2 + 3) * RATE
