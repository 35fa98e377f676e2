"""What a request's body holds: clips, whatever the protocol; knows nothing of the queue or the model."""

import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from model_server.audio import Clip, read_header
from model_server.errors import BadRequestError, TooLargeError, TooLongError, UnsupportedMediaError

AUDIO_TYPES = (
    *("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/flac", "audio/x-flac"),
    *("audio/ogg", "audio/opus", "audio/mpeg", "audio/mp3"),
)
JSON_TYPE = "application/json"
MAX_INSTANCES = 32
# Uncompressed speech at its largest usual: 16 bits, one channel, 48 kHz; base64 makes 4 bytes of 3.
RAW_BYTES_PER_SECOND = 48_000 * 2
BASE64_GROWTH = 4 / 3
# Headers, JSON, multipart boundaries around it.
SPARE_BYTES = 65_536


@dataclass(frozen=True)
class IntakeLimits:
    """What one request may bring."""

    max_audio_seconds: float

    @property
    def max_body_bytes(self) -> int:
        """The largest body read."""
        return int(self.max_audio_seconds * RAW_BYTES_PER_SECOND * BASE64_GROWTH) + SPARE_BYTES


async def read_body(chunks: AsyncIterator[bytes], declared: str | None, limits: IntakeLimits) -> bytes:
    """The body, refused as soon as it is, or declares itself, too large."""
    largest = limits.max_body_bytes
    if declared is not None and declared.isdigit() and int(declared) > largest:
        raise TooLargeError(f"the body must be at most {largest} bytes, not {declared}")
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > largest:
            raise TooLargeError(f"the body must be at most {largest} bytes")
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
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
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
