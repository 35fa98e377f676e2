"""KServe V1: `POST /v1/models/NAME:predict` with raw audio, or with JSON of base64 sound files."""

import asyncio
import base64
import binascii
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from model_server.audio import Clip, read_header
from model_server.content import Content
from model_server.errors import BadRequestError, NotFoundError, TooLongError, UnsupportedMediaError
from model_server.intake import IntakeLimits
from model_server.protocols.http import (
    ServerParts,
    account_of,
    aside,
    media_type,
    post,
    unless_gone,
)
from model_server.review import Review
from model_server.transcript import Transcript

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


def routes(server: ServerParts) -> list[BaseRoute]:
    """The routes of KServe V1 for speech; what the SDK adds besides says which models there are."""

    async def predict(request: Request) -> Response:
        server.check_name(request.path_params["name"])
        async with server.body(request) as body:
            clips = await _clips(server, media_type(request), body)
            account = account_of(request)
            transcripts = await unless_gone(request, server.service.transcribe(clips, account))
        found = await asyncio.gather(*(server.found(each, account) for each in transcripts))
        review = server.options.review
        predictions = [
            {**prediction(each, review), **fields} for each, fields in zip(transcripts, found, strict=True)
        ]
        return JSONResponse({"predictions": predictions})

    async def explain(request: Request) -> Response:
        raise NotFoundError(f"{request.url.path} is not served; use /v1/models/{server.served_name}:predict")

    return [
        *post("/v1/models/{name}:predict", predict),
        *post("/v1/models/{name}:explain", explain),
    ]


async def _clips(server: ServerParts, media: str, body: Content) -> list[Clip]:
    if media in AUDIO_TYPES:
        return [await server.sound_file(body)]
    if media == JSON_TYPE:
        return await aside(body.size, lambda: read_json(bytes(body.buffer()), server.limits))
    raise UnsupportedMediaError(
        f"content type must be {JSON_TYPE} or one of {', '.join(AUDIO_TYPES)}, not {media!r}"
    )


def read_json(body: bytes, limits: IntakeLimits) -> list[Clip]:
    """The clips of a JSON body."""
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
        read_header(Content.of(_json_audio(instance, index)), limits.max_audio_seconds)
        for index, instance in enumerate(instances)
    ]
    seconds = sum(clip.seconds for clip in clips)
    if seconds > limits.max_audio_seconds:
        raise TooLongError(
            f"a request must have at most {limits.max_audio_seconds:g} s of audio, not {seconds:.1f} s"
        )
    return clips


def prediction(transcript: Transcript, review: Review) -> dict[str, Any]:
    """One clip's prediction."""
    return {
        "text": transcript.text,
        "duration": round(transcript.duration, 3),
        "confidence": None if transcript.confidence is None else round(transcript.confidence, 4),
        "needs_review": review.needed(transcript.confidence),
        "segments": [
            {
                "start": round(part.segment.start, 3),
                "end": round(part.segment.end, 3),
                "text": part.text,
                **({"words": [_word(word) for word in part.words]} if part.words else {}),
            }
            for part in transcript.segments
        ],
    }


def _word(word: Any) -> dict[str, Any]:
    return {"word": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}


def _json_audio(instance: object, index: int) -> bytes:
    audio = instance.get("audio") if isinstance(instance, dict) else None
    encoded = audio.get("b64") if isinstance(audio, dict) else None
    if not isinstance(encoded, str):
        raise BadRequestError(f'instance {index} must be {{"audio": {{"b64": "..."}}}}')
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError(f"instance {index}: b64 is not base64: {error}") from error
