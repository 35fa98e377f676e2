"""Uploads: no long pause, and no rate below the least that speech has."""

import asyncio

import pytest

from model_server.errors import SlowUploadError
from model_server.pace import MIN_BYTES_PER_SECOND, Pace, PacedUploads


@pytest.mark.parametrize(
    ("received", "now", "due"),
    [
        (0, 100, 110),  # the first piece
        (0, 104, 110),  # an empty piece buys no time
        (1_000_000, 104, 114),  # a pause
        (250, 108, 111),  # a second's worth a second after the first ten
        (2500, 108, 118),  # either
    ],
)
def test_next_piece_is_due(received, now, due):
    assert Pace(10, began=100, received_bytes=received).due(now) == due


def test_slowest_speech_is_no_slow_upload():
    pace = Pace(10, began=0)
    for second in range(3600):
        pace.received_bytes += 3 * MIN_BYTES_PER_SECOND  # Opus at 6 kbit/s
        assert pace.due(second) == second + 10


def upload(messages, idle_seconds):
    """An application reads these messages, and then waits a while for its client to leave."""
    left = iter(messages)

    async def receive():
        if (message := next(left, None)) is None:
            await asyncio.Event().wait()
        return message

    async def read(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await asyncio.wait_for(receive(), 0.05)

    asyncio.run(PacedUploads(read, idle_seconds)({"type": "http"}, receive, None))


def test_upload_that_does_not_go_on_is_refused_with_what_there_was():
    with pytest.raises(
        SlowUploadError, match=r"3 bytes of the body came in 0\.0 s; pauses must be below 0\.01"
    ):
        upload([{"body": b"abc", "more_body": True}], idle_seconds=0.01)


def test_whole_upload_is_not_hurried_afterwards():
    with pytest.raises(TimeoutError):
        upload([{"body": b"abc", "more_body": True}, {"body": b"", "more_body": False}], idle_seconds=0.01)
