"""How much of a request is taken in before anything is made of it; knows no protocol, queue or model."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from model_server.content import Content
from model_server.errors import QueueFullError, TooLargeError

# Uncompressed speech at its largest usual: 16 bits, one channel, 48 kHz; base64 makes 4 bytes of 3.
RAW_BYTES_PER_SECOND = 48_000 * 2
BASE64_GROWTH = 4 / 3
# Headers, JSON, multipart boundaries around it.
SPARE_BYTES = 65_536
# Bodies of the largest size that may be held at a time, beside those that wait in the queue.
BODIES_READ = 4
HELD_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class IntakeLimits:
    """What one request may bring."""

    max_audio_seconds: float
    queue_seconds: float

    @property
    def max_body_bytes(self) -> int:
        """The largest body read."""
        return _encoded_bytes(self.max_audio_seconds) + SPARE_BYTES

    @property
    def max_held_bytes(self) -> int:
        """The most that all requests together may hold, being read or waiting."""
        return BODIES_READ * self.max_body_bytes + _encoded_bytes(self.queue_seconds)


def _encoded_bytes(audio_seconds: float) -> int:
    return int(audio_seconds * RAW_BYTES_PER_SECOND * BASE64_GROWTH)


class BodyRoom:
    """The bytes that requests hold together; to be used from one thread."""

    def __init__(self, limits: IntakeLimits):
        self._limits = limits
        self.held_bytes = 0

    @contextmanager
    def share(self, declared: str | None = None) -> Iterator["BodyShare"]:
        """What one request holds, given back at the end; refused if it declares itself too large."""
        largest = self._limits.max_body_bytes
        if declared is not None and declared.isdigit() and int(declared) > largest:
            raise TooLargeError(f"the body must be at most {largest} bytes, not {declared}")
        share = BodyShare(self, largest)
        try:
            yield share
        finally:
            self.held_bytes -= share.held_bytes

    def take(self, count: int) -> None:
        """Hold `count` bytes more, or refuse."""
        limit = self._limits.max_held_bytes
        if self.held_bytes + count > limit:
            raise QueueFullError(
                f"the requests being read or waiting hold {self.held_bytes} of {limit} bytes; "
                f"{count} more do not fit; try again later",
                retry_after_seconds=HELD_RETRY_AFTER_SECONDS,
            )
        self.held_bytes += count


class BodyShare:
    """The bytes that one request holds of the room."""

    def __init__(self, room: BodyRoom, largest: int):
        self._room = room
        self._largest = largest
        self.held_bytes = 0

    def take(self, count: int) -> None:
        """Hold `count` bytes more, or refuse."""
        if self.held_bytes + count > self._largest:
            raise TooLargeError(f"the body must be at most {self._largest} bytes")
        self._room.take(count)
        self.held_bytes += count


async def read_body(chunks: AsyncIterator[bytes], share: BodyShare) -> Content:
    """The body, refused as soon as it is too large."""
    body = Content.empty()
    async for chunk in chunks:
        share.take(len(chunk))
        body.append(chunk)
    return body
