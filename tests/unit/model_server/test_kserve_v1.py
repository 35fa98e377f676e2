"""KServe V1's JSON: what is read from it, which sentence refuses the rest, and how a clip is answered."""

import base64
import json
import tracemalloc

import pytest

from model_server.errors import BadAudioError, BadRequestError, TooLongError
from model_server.intake import IntakeLimits
from model_server.protocols.kserve_v1 import MAX_INSTANCES, MAX_JSON_MARKS, prediction, read_json
from model_server.review import Review
from model_server.transcript import SpokenSegment, Word, assemble
from model_server.voice_activity import Segment

LIMITS = IntakeLimits(max_audio_seconds=3, queue_seconds=6)


def instances(*contents):
    return json.dumps(
        {"instances": [{"audio": {"b64": base64.b64encode(c).decode()}} for c in contents]}
    ).encode()


@pytest.fixture
def one_second(make_file, make_tone):
    return make_file(make_tone(1.0, 16_000), 16_000)


def test_json_has_a_clip_for_each_instance(one_second):
    clips = read_json(instances(one_second, one_second), LIMITS)

    assert [clip.seconds for clip in clips] == [1.0, 1.0]


def test_instances_together_are_bounded(one_second):
    with pytest.raises(TooLongError, match=r"at most 3 s of audio, not 4\.0 s"):
        read_json(instances(*[one_second] * 4), LIMITS)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "not JSON"),
        (b"[" * MAX_JSON_MARKS, "not JSON"),
        (b"[" * 100_000, f"at most {MAX_JSON_MARKS} braces, brackets and commas, not 100000"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "instances"),
        (b'{"instances": []}', "1 to 32"),
        (b'{"instances": [7]}', "instance 0"),
        (b'{"instances": [{"audio": {"b64": 7}}]}', "instance 0"),
        (b'{"instances": [{"audio": {"b64": "%%%"}}]}', "not base64"),
        (b'{"instances": [{"audio": {"b64": "\\u00e9"}}]}', "not base64"),
    ],
)
def test_json_that_says_no_audio_is_refused_by_a_sentence(body, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        read_json(body, LIMITS)


def test_json_of_many_empty_objects_costs_no_more_than_its_text():
    body = b'{"instances":[' + b"{}," * 1_000_000 + b"{}]}"
    tracemalloc.start()
    with pytest.raises(BadRequestError, match="braces, brackets and commas"):
        read_json(body, LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 100_000


def test_as_many_instances_as_allowed_are_read(make_file, make_tone):
    content = make_file(make_tone(0.05, 16_000), 16_000)

    assert len(read_json(instances(*[content] * MAX_INSTANCES), LIMITS)) == 32


def test_base64_of_no_audio_is_bad_audio():
    with pytest.raises(BadAudioError):
        read_json(instances(b"hello"), LIMITS)


def test_prediction_has_segments_confidence_and_review():
    words = (Word("Hello.", 0.12345, 1.0),)
    spoken = [SpokenSegment(Segment(0.1234567, 2.0), "Hello.", 0.123456, words)]

    assert prediction(assemble(spoken, 2.5), Review("partial", 0.5)) == {
        "text": "Hello.",
        "duration": 2.5,
        "confidence": 0.1235,
        "needs_review": True,
        "segments": [
            {
                "start": 0.123,
                "end": 2.0,
                "text": "Hello.",
                "words": [{"word": "Hello.", "start": 0.123, "end": 1.0}],
            }
        ],
    }
