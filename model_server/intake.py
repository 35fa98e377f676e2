"""What a request's body holds: clips, whatever the protocol; knows nothing of the queue or the model."""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from model_server.audio import Clip, read_header
from model_server.errors import (
    BadRequestError,
    QueueFullError,
    TooLargeError,
    TooLongError,
    UnsupportedMediaError,
)

AUDIO_TYPES = (
    *("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/flac", "audio/x-flac"),
    *("audio/ogg", "audio/opus", "audio/mpeg", "audio/mp3"),
)
JSON_TYPE = "application/json"
MAX_INSTANCES = 32
# What makes objects of a JSON text; none is in base64. An instance needs 4, the document itself 3; the
# rest is for fields that others send and this server ignores.
JSON_MARKS = (b"{", b"[", b",")
MAX_JSON_MARKS = 8 * MAX_INSTANCES
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

    def __init__(self, limit_bytes: int):
        self._limit = limit_bytes
        self.held_bytes = 0

    @contextmanager
    def share(self) -> Iterator["BodyShare"]:
        """What one request holds, given back at the end."""
        share = BodyShare(self)
        try:
            yield share
        finally:
            self.held_bytes -= share.held_bytes

    def take(self, count: int) -> None:
        """Hold `count` bytes more, or refuse."""
        if self.held_bytes + count > self._limit:
            raise QueueFullError(
                f"the requests being read or waiting hold {self.held_bytes} of {self._limit} bytes; "
                f"{count} more do not fit; try again later",
                retry_after_seconds=HELD_RETRY_AFTER_SECONDS,
            )
        self.held_bytes += count


class BodyShare:
    """The bytes that one request holds of the room."""

    def __init__(self, room: BodyRoom):
        self._room = room
        self.held_bytes = 0

    def take(self, count: int) -> None:
        """Hold `count` bytes more, or refuse."""
        self._room.take(count)
        self.held_bytes += count


async def read_body(
    chunks: AsyncIterator[bytes], declared: str | None, limits: IntakeLimits, share: BodyShare
) -> bytes:
    """The body, refused as soon as it is, or declares itself, too large."""
    largest = limits.max_body_bytes
    if declared is not None and declared.isdigit() and int(declared) > largest:
        raise TooLargeError(f"the body must be at most {largest} bytes, not {declared}")
    body = bytearray()
    async for chunk in chunks:
        if len(body) + len(chunk) > largest:
            raise TooLargeError(f"the body must be at most {largest} bytes")
        share.take(len(chunk))
        body += chunk
    return bytes(body)


def read_predict(content_type: str, body: bytes, limits: IntakeLimits) -> list[Clip]:
    """The clips of a V1 :predict body: raw audio, or JSON with base64."""
    media = content_type.partition(";")[0].strip().lower()
    if media in AUDIO_TYPES:
        return [read_header(body, limits.max_audio_seconds)]
    if media == JSON_TYPE:
        return _json_clips(body, limits)
    raise UnsupportedMediaError(
        f"content type must be {JSON_TYPE} or one of {', '.join(AUDIO_TYPES)}, not {media!r}"
    )


def _json_clips(body: bytes, limits: IntakeLimits) -> list[Clip]:
    # Before anything is made of it: 3 bytes of text can be a hundred bytes of objects.
    marks = sum(body.count(mark) for mark in JSON_MARKS)
    if marks > MAX_JSON_MARKS:
        raise BadRequestError(
            f"the body must have at most {MAX_JSON_MARKS} braces, brackets and commas, not {marks}"
        )
    try:
        document = json.loads(body)
    except ValueError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list) or not 1 <= len(instances) <= MAX_INSTANCES:
        raise BadRequestError(f'the body must be {{"instances": [...]}} with 1 to {MAX_INSTANCES} instances')
    clips = [
        read_header(_json_audio(instance, index), limits.max_audio_seconds)
        for index, instance in enumerate(instances)
    ]
    seconds = sum(clip.seconds for clip in clips)
    if seconds > limits.max_audio_seconds:
        raise TooLongError(
            f"a request must have at most {limits.max_audio_seconds:g} s of audio, not {seconds:.1f} s"
        )
    return clips


def _json_audio(instance: object, index: int) -> bytes:
    audio = instance.get("audio") if isinstance(instance, dict) else None
    encoded = audio.get("b64") if isinstance(audio, dict) else None
    if not isinstance(encoded, str):
        raise BadRequestError(f'instance {index} must be {{"audio": {{"b64": "..."}}}}')
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError(f"instance {index}: b64 is not base64: {error}") from error
