"""Transcripts become tensors."""

import json

import pytest

from model_server.errors import BadRequestError
from model_server.open_inference.outputs import chosen_outputs, output_tensor
from model_server.open_inference.tensors import Output
from model_server.review import Review
from model_server.transcript import SpokenSegment, Transcript, Word
from model_server.voice_activity import Segment

HELLO = SpokenSegment(Segment(0.5, 1.25), "hello", 0.75, (Word("hello", 0.5, 1.0),))
SAID = Transcript("hello", 2.0, (HELLO,), 0.75)
SILENCE = Transcript("", 1.0, ())


def test_texts_are_packed_with_their_lengths():
    tensor = output_tensor("text", [SAID, SILENCE], Review())

    assert tensor.packed() == b"\5\0\0\0hello\0\0\0\0"


def test_confidence_is_not_a_number_where_there_is_none():
    tensor = output_tensor("confidence", [SAID, SILENCE], Review())

    assert tensor.packed() == b"\0\0\x40\x3f" + b"\0\0\xc0\x7f"


def test_segments_are_json_a_clip():
    tensor = output_tensor("segments", [SAID, SILENCE], Review())

    assert [json.loads(text) for text in tensor.values] == [
        [
            {
                "start": 0.5,
                "end": 1.25,
                "text": "hello",
                "confidence": 0.75,
                "words": [{"word": "hello", "start": 0.5, "end": 1.0}],
            }
        ],
        [],
    ]


def test_results_are_json_a_clip():
    tensor = output_tensor("results", [SAID, SILENCE], Review(), [{"results": []}, {}])

    assert list(tensor.values) == ['{"results":[]}', "{}"]


def test_review_is_needed_below_the_threshold():
    tensor = output_tensor("needs_review", [SAID, SILENCE], Review("partial", 0.7))

    assert (tensor.values, tensor.packed()) == ([False, True], b"\0\1")


@pytest.mark.parametrize("asked", [None, ()])
def test_unasked_are_text_and_confidence(asked):
    assert chosen_outputs(asked, True) == [Output("text", True), Output("confidence", True)]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("words",), "output must be one of text, confidence, segments, needs_review, results, not 'words'"),
        (("text", "text"), "output 'text' is given twice"),
    ],
)
def test_other_outputs_are_refused(names, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        chosen_outputs([Output(name, False) for name in names], False)
