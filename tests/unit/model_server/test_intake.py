"""Bodies: what is read from each protocol, and which sentence refuses the rest."""

import asyncio
import base64
import json
import tracemalloc

import pytest

from model_server.errors import (
    BadAudioError,
    BadRequestError,
    QueueFullError,
    TooLargeError,
    TooLongError,
    UnsupportedMediaError,
)
from model_server.intake import MAX_INSTANCES, MAX_JSON_MARKS, BodyRoom, IntakeLimits, read_body, read_predict

LIMITS = IntakeLimits(max_audio_seconds=3, queue_seconds=6)


def instances(*contents):
    return json.dumps(
        {"instances": [{"audio": {"b64": base64.b64encode(c).decode()}} for c in contents]}
    ).encode()


@pytest.fixture
def one_second(make_file, make_tone):
    return make_file(make_tone(1.0, 16_000), 16_000)


@pytest.mark.parametrize("content_type", ["audio/wav", "audio/x-wav", "Audio/WAV; codec=1", "audio/flac"])
def test_raw_audio_is_one_clip_whatever_it_is_called(content_type, one_second):
    clips = read_predict(content_type, one_second, LIMITS)

    assert [clip.seconds for clip in clips] == [1.0]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
def test_json_has_a_clip_for_each_instance(content_type, one_second):
    clips = read_predict(content_type, instances(one_second, one_second), LIMITS)

    assert [clip.seconds for clip in clips] == [1.0, 1.0]


def test_instances_together_are_bounded(one_second):
    with pytest.raises(TooLongError, match=r"at most 3 s of audio, not 4\.0 s"):
        read_predict("application/json", instances(*[one_second] * 4), LIMITS)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "audio/webm", "application/x-www-form-urlencoded"]
)
def test_other_content_types_are_refused_by_name(content_type, one_second):
    with pytest.raises(UnsupportedMediaError, match=f"not '{content_type}'"):
        read_predict(content_type, one_second, LIMITS)


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
        read_predict("application/json", body, LIMITS)


def test_json_of_many_empty_objects_costs_no_more_than_its_text():
    body = b'{"instances":[' + b"{}," * 1_000_000 + b"{}]}"
    tracemalloc.start()
    with pytest.raises(BadRequestError, match="braces, brackets and commas"):
        read_predict("application/json", body, LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 100_000


def test_as_many_instances_as_allowed_are_read(make_file, make_tone):
    content = make_file(make_tone(0.05, 16_000), 16_000)

    assert len(read_predict("application/json", instances(*[content] * MAX_INSTANCES), LIMITS)) == 32


def test_base64_of_no_audio_is_bad_audio():
    with pytest.raises(BadAudioError):
        read_predict("application/json", instances(b"hello"), LIMITS)


def body_of(*chunks, declared=None, room=None):
    async def stream():
        for chunk in chunks:
            yield chunk

    with (room or BodyRoom(LIMITS.max_held_bytes)).share() as share:
        return asyncio.run(read_body(stream(), declared, LIMITS, share))


def test_body_is_read_whole():
    assert body_of(b"ab", b"c", declared="3") == b"abc"


def test_body_that_declares_too_much_is_refused_unread():
    with pytest.raises(TooLargeError, match="not 999999999"):
        body_of(b"a", declared="999999999")


def test_body_that_grows_too_large_is_refused():
    with pytest.raises(TooLargeError, match=f"at most {LIMITS.max_body_bytes} bytes"):
        body_of(*[b"x" * 100_000] * 10)


def test_room_takes_the_queue_and_several_of_the_largest_bodies():
    assert LIMITS.max_held_bytes >= 4 * LIMITS.max_body_bytes + 6 * 48_000 * 2


def test_bodies_read_at_a_time_are_bounded_together():
    room = BodyRoom(10)
    with room.share() as other:
        other.take(8)
        with pytest.raises(QueueFullError, match="hold 9 of 10 bytes; 4 more do not fit") as refusal:
            body_of(b"x", b"xxxx", room=room)

        assert (refusal.value.retry_after_seconds, room.held_bytes) == (5, 8)

    assert room.held_bytes == 0
    assert body_of(b"x" * 10, room=room) == b"x" * 10
