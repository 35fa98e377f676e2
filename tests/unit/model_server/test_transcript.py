"""Transcripts: segments without a word vanish, confidence is weighed by length."""

import pytest

from model_server.transcript import SpokenSegment, assemble
from model_server.voice_activity import Segment

SPOKEN = [
    SpokenSegment(Segment(0.1234567, 2.0), "Hello there.", confidence=0.5),
    SpokenSegment(Segment(3.0, 4.0), "", confidence=0.1),
    SpokenSegment(Segment(5.0, 6.0), "Bye.", confidence=0.9),
]


def test_segments_without_a_word_are_left_out():
    transcript = assemble(SPOKEN, duration=7.0)

    assert transcript.text == "Hello there. Bye."
    assert (transcript.word_count, len(transcript.segments)) == (3, 2)


def test_confidence_is_weighed_by_the_texts_lengths():
    # 12 characters at 0.5 and 4 at 0.9.
    assert assemble(SPOKEN, duration=7.0).confidence == pytest.approx((12 * 0.5 + 4 * 0.9) / 16)


def test_engine_without_confidence_gives_none():
    assert assemble([SpokenSegment(Segment(0, 1), "Hi.")], 1.0).confidence is None
