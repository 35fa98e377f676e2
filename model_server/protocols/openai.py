"""OpenAI: `POST /v1/audio/transcriptions`, whole or as server-sent events, and `GET /v1/models`."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from model_server import subtitles
from model_server.audio import Clip
from model_server.errors import BadRequestError, RefusedError
from model_server.log import LOGGER
from model_server.protocols.http import ServerParts, account_of, answering, post, unless_gone
from model_server.protocols.multipart import Form, read_form
from model_server.review import Review
from model_server.transcript import SpokenSegment, Transcript, Word

FIELDS = (
    *("file", "model", "response_format", "language", "prompt", "temperature"),
    *("stream", "timestamp_granularities[]"),
)
GRANULARITIES = ("segment", "word")
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True)
class Asked:
    """What a form asks for, checked."""

    response_format: str
    stream: bool
    words: bool


def routes(server: ServerParts) -> list[BaseRoute]:
    """The routes of OpenAI's clients."""

    async def transcriptions(request: Request) -> Response:
        async with server.share(request) as share:
            form = await read_form(request.stream(), request.headers.get("content-type", ""), share)
            account = account_of(request)
            account.take()
            asked = check_form(form, server)
            if form.file is None:
                raise BadRequestError("the form must have the audio as an uploaded file in its field 'file'")
            clip = await server.sound_file(form.file)
            if asked.stream:
                return await _streamed(server, clip, request)
            (transcript,) = await unless_gone(request, server.service.transcribe([clip], account))
        return FORMATS[asked.response_format](transcript, server, asked)

    async def models(request: Request) -> Response:
        # KServe V1 lists its models at the same path.
        return JSONResponse({"object": "list", "data": [_model(server)], "models": [server.served_name]})

    async def model(request: Request) -> Response:
        server.check_name(request.path_params["name"])
        return JSONResponse(_model(server))

    return [
        *post("/v1/audio/transcriptions", transcriptions),
        Route("/v1/models", answering(models), methods=["GET"]),
        Route("/v1/models/{name}", answering(model), methods=["GET"]),
    ]


def check_form(form: Form, server: ServerParts) -> Asked:
    """What the form asks for; a field that would not be obeyed is refused by its name."""
    unknown = form.names - set(FIELDS)
    if unknown:
        raise BadRequestError(f"fields must be {', '.join(FIELDS)}, not {min(unknown)!r}")
    server.check_name(form.one("model", server.served_name))
    language = server.artefact.language
    if form.one("language", language) != language:
        raise BadRequestError(f"language must be {language!r}, not {form.one('language', '')!r}")
    if form.one("prompt", ""):
        raise BadRequestError("prompt must be empty: this model takes none")
    if form.one("temperature", "0") not in ("0", "0.0"):
        raise BadRequestError(f"temperature must be 0, not {form.one('temperature', '')!r}")
    response_format = form.one("response_format", "json")
    if response_format not in FORMATS:
        raise BadRequestError(f"response_format must be one of {', '.join(FORMATS)}, not {response_format!r}")
    stream = form.one("stream", "false").lower()
    if stream not in ("true", "false"):
        raise BadRequestError(f"stream must be true or false, not {stream!r}")
    if stream == "true" and response_format not in ("json", "text"):
        raise BadRequestError(f"response_format of a stream must be json or text, not {response_format!r}")
    granularities = set(form.all("timestamp_granularities[]"))
    if granularities - set(GRANULARITIES):
        unknown_granularity = min(granularities - set(GRANULARITIES))
        raise BadRequestError(
            f"timestamp_granularities must be {' or '.join(GRANULARITIES)}, not {unknown_granularity!r}"
        )
    return Asked(response_format, stream == "true", "word" in granularities)


def _json(transcript: Transcript, server: ServerParts, asked: Asked) -> Response:
    return JSONResponse({"text": transcript.text, **judgement(transcript, server.options.review)})


def _text(transcript: Transcript, server: ServerParts, asked: Asked) -> Response:
    return PlainTextResponse(transcript.text + "\n")


def _verbose_json(transcript: Transcript, server: ServerParts, asked: Asked) -> Response:
    """Fields of OpenAI's segments that this server has no figures for are left out."""
    body = {
        "task": "transcribe",
        "language": server.artefact.language,
        "duration": round(transcript.duration, 3),
        "text": transcript.text,
        "segments": [_segment(number, part) for number, part in enumerate(transcript.segments)],
        "usage": _usage(transcript),
        **judgement(transcript, server.options.review),
    }
    words = [_word(word) for part in transcript.segments for word in part.words]
    if asked.words and transcript.text and not words:
        raise BadRequestError(
            f"timestamp_granularities must be segment: {server.artefact.name} has no times of words"
        )
    return JSONResponse({**body, **({"words": words} if asked.words else {})})


def _srt(transcript: Transcript, server: ServerParts, asked: Asked) -> Response:
    return PlainTextResponse(subtitles.srt(transcript.segments), media_type="application/x-subrip")


def _vtt(transcript: Transcript, server: ServerParts, asked: Asked) -> Response:
    return PlainTextResponse(subtitles.vtt(transcript.segments), media_type="text/vtt")


FORMATS: dict[str, Callable[[Transcript, ServerParts, Asked], Response]] = {
    "json": _json,
    "text": _text,
    "verbose_json": _verbose_json,
    "srt": _srt,
    "vtt": _vtt,
}


async def _streamed(server: ServerParts, clip: Clip, request: Request) -> Response:
    """Server-sent events; a refusal before the first of them is still an answer of its own.

    From the first piece on an engine works on the clip, so that streams hold no more memory than engines can.
    """
    account = account_of(request)
    pieces = server.service.stream(clip, account)
    first = await unless_gone(request, anext(pieces))

    async def events() -> AsyncIterator[str]:
        async with aclosing(pieces):
            try:
                yield _event(first, server)
                async for piece in pieces:
                    yield _event(piece, server)
            except RefusedError as error:
                account.reason = error.reason
                LOGGER.warning("a stream broke off: %s", error, extra={"request_id": account.request_id})
                yield _sent({"type": "error", "error": {"code": error.reason, "message": error.sentence}})

    return StreamingResponse(events(), media_type=EVENT_STREAM, headers={"cache-control": "no-cache"})


def _event(piece: str | Transcript, server: ServerParts) -> str:
    if isinstance(piece, str):
        return _sent({"type": "transcript.text.delta", "delta": piece})
    return _sent(
        {
            "type": "transcript.text.done",
            "text": piece.text,
            "usage": _usage(piece),
            **judgement(piece, server.options.review),
        }
    )


def _sent(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _model(server: ServerParts) -> dict[str, Any]:
    artefact = server.artefact
    # KServe V1 asks the same path for the name and the readiness.
    about = {"name": server.served_name, "ready": server.lifecycle.ready}
    about |= {"version": artefact.version, "digest": artefact.digest, "artefact": artefact.name}
    return {"id": server.served_name, "object": "model", "created": 0, "owned_by": "serinus", **about}


def judgement(transcript: Transcript, review: Review) -> dict[str, Any]:
    """What is thought of a transcript: fields that OpenAI has not, which its clients let pass."""
    confidence = transcript.confidence
    return {
        "confidence": None if confidence is None else round(confidence, 4),
        "needs_review": review.needed(confidence),
    }


def _usage(transcript: Transcript) -> dict[str, Any]:
    return {"type": "duration", "seconds": round(transcript.duration, 3)}


def _segment(number: int, part: SpokenSegment) -> dict[str, Any]:
    return {
        "id": number,
        "seek": 0,
        "start": round(part.segment.start, 3),
        "end": round(part.segment.end, 3),
        "text": part.text,
        "temperature": 0.0,
        "confidence": None if part.confidence is None else round(part.confidence, 4),
    }


def _word(word: Word) -> dict[str, Any]:
    return {"word": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}
