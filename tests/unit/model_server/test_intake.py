"""Bodies: read into shared memory, bounded one by one and together."""

import asyncio

import pytest

from model_server.errors import QueueFullError, TooLargeError
from model_server.intake import BodyRoom, IntakeLimits, read_body

LIMITS = IntakeLimits(max_audio_seconds=3, queue_seconds=6)


def body_of(*chunks, declared=None, room=None):
    async def stream():
        for chunk in chunks:
            yield chunk

    with (room or BodyRoom(LIMITS)).share(declared) as share:
        return bytes(asyncio.run(read_body(stream(), share)).buffer())


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
    room = BodyRoom(LIMITS)
    with room.share() as other:
        room.take(LIMITS.max_held_bytes - 3)
        other.held_bytes = LIMITS.max_held_bytes - 3
        with pytest.raises(QueueFullError, match="4 more do not fit") as refusal:
            body_of(b"x", b"xxxx", room=room)

        assert (refusal.value.retry_after_seconds, room.held_bytes) == (5, LIMITS.max_held_bytes - 3)

    assert room.held_bytes == 0
    assert body_of(b"x" * 10, room=room) == b"x" * 10
