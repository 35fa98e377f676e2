"""Transcripts and their answers: empty segments vanish, each protocol has its body."""

from model_server.response import kserve_v1, openai_json, openai_text

from model_server.transcript import SpokenSegment, assemble, emptied
from model_server.voice_activity import Segment

SPOKEN = [
    SpokenSegment(Segment(0.1234567, 2.0), "Hello there."),
    SpokenSegment(Segment(3.0, 4.0), ""),
    SpokenSegment(Segment(5.0, 6.0), "Bye."),
]


def test_segments_without_a_word_are_left_out():
    transcript = assemble(SPOKEN, duration=7.0)

    assert transcript.text == "Hello there. Bye."
    assert (transcript.words, len(transcript.segments)) == (3, 2)


def test_kserve_answer_has_a_prediction_for_each_clip():
    body = kserve_v1([assemble(SPOKEN[:1], 2.0), assemble([], 1.0)])

    segment = {"start": 0.123, "end": 2.0, "text": "Hello there."}
    assert body == {
        "predictions": [
            {"text": "Hello there.", "duration": 2.0, "segments": [segment]},
            {"text": "", "duration": 1.0, "segments": []},
        ]
    }


def test_openai_answers_are_the_text_alone():
    transcript = assemble(SPOKEN, duration=7.0)

    assert openai_json(transcript) == {"text": "Hello there. Bye."}
    assert openai_text(transcript) == "Hello there. Bye.\n"


def test_emptied_transcript_keeps_its_duration():
    transcript = emptied(assemble(SPOKEN, duration=7.0))

    assert (transcript.text, transcript.words, transcript.duration) == ("", 0, 7.0)
