"""Feedback: read strictly, every mistake a sentence with what is allowed."""

import json

import pytest

from model_server.errors import BadRequestError
from model_server.events.contents import ACTIONS, Feedback
from model_server.protocols.feedback import MAX_BODY_BYTES, MAX_TEXT_CHARACTERS, read_feedback


def body(**fields):
    return json.dumps({"request_id": "r1", "action": "accepted", **fields}).encode()


@pytest.mark.parametrize("action", ACTIONS)
def test_feedback_with_any_action_is_read(action):
    assert read_feedback(body(action=action, text="turn left")) == Feedback("r1", action, "turn left")


def test_text_may_be_left_out():
    assert read_feedback(body()).text is None


def test_longest_text_fits_the_largest_body():
    text = "\N{GRINNING FACE}" * MAX_TEXT_CHARACTERS

    assert len(body(text=text)) < MAX_BODY_BYTES
    assert read_feedback(body(text=text)).text == text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the body is not JSON"),
        (b"\xff", "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"[]", "must be an object, not list"),
        (body(mood="good"), "fields must be request_id, action, text, not 'mood'"),
        (body(action="liked"), "action must be one of accepted, corrected, redone, typed, not 'liked'"),
        (body(action=["accepted"]), "action must be one of"),
        (b'{"request_id": "r1"}', "action must be one of accepted, corrected, redone, typed, not 'None'"),
        (b'{"action": "typed"}', "request_id must be text of 1 to 128 characters"),
        (body(request_id="r" * 129), "request_id must be text of 1 to 128 characters"),
        (body(request_id=7), "request_id must be text"),
        (body(request_id="r\n1"), "request_id must be printable ASCII, not 'r\\n1'"),
        (body(text=["a"]), "text must be text, not list"),
        (body(text="a" * 10_001), "text must have at most 10000 characters, not 10001"),
    ],
)
def test_mistake_is_a_sentence(content, sentence):
    with pytest.raises(BadRequestError) as refusal:
        read_feedback(content)
    assert sentence in refusal.value.sentence
