"""An engine process that was taken over can say anything; it is believed nothing that is no answer."""

import pytest

from model_server.errors import BadAudioError, InternalError
from model_server.inference.messages import Partial, read_message, read_refusal, read_step

JUNK = (
    b"",
    b"\xff",
    b"[]",
    b"null",
    b"[" * 100_000,
    b"9" * 10_000,
)
STEPS = (
    {},
    {"clip": None, "partial": ""},
    {"clip": "x", "partial": ""},
    {"clip": 0, "heard": []},
    {"clip": 0, "heard": {"segment": {"start": 0, "stop": 1}}},
    {"clip": 0, "done": {"quality": {"no": 1}, "duration": 1, "stage_seconds": {}}},
    {"clip": 0, "done": {"quality": None, "duration": "long", "stage_seconds": {}}},
    {"clip": float("inf"), "partial": ""},
)


@pytest.mark.parametrize("text", JUNK)
def test_junk_is_no_message(text):
    with pytest.raises(InternalError, match="said what is no answer"):
        read_message(text)


@pytest.mark.parametrize("step", STEPS)
def test_message_that_is_no_step_is_refused(step):
    with pytest.raises(InternalError, match="said what is no answer"):
        read_step(step)


@pytest.mark.parametrize("end", ["KeyError", "RefusedError", 7, [], {"a": 1}])
def test_end_that_is_no_refusal_is_refused(end):
    with pytest.raises(InternalError, match="said what is no answer"):
        read_refusal({"end": end, "sentence": "x"})


def test_what_is_one_is_read():
    assert read_step(read_message(b'{"clip": 1, "partial": "a"}')) == Partial(1, "a")
    assert isinstance(read_refusal({"end": "BadAudioError", "sentence": "x"}), BadAudioError)
