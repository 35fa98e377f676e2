"""OpenAI: `POST /v1/audio/transcriptions`, whole or as server-sent events, and `GET /v1/models`.

Errors are OpenAI's objects, whose messages its clients show; a field that would not be obeyed is refused.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from model_server import subtitles
from model_server.account import Account
from model_server.engines.engine import WITH_WORD_TIMES
from model_server.errors import BadRequestError, NotFoundError, RefusedError
from model_server.protocols.event_stream import EventForm, stream_events
from model_server.protocols.http import (
    METHODS,
    ServerParts,
    account_of,
    answering,
    post,
    unless_gone,
)
from model_server.protocols.multipart import Form, read_form
from model_server.review import Review
from model_server.transcript import SpokenSegment, Transcript, Word

FIELDS = (
    *("file", "model", "response_format", "language", "prompt", "temperature"),
    *("stream", "timestamp_granularities[]"),
)
SEGMENT, WORD = GRANULARITIES = ("segment", "word")
STREAMED_FORMATS = ("json", "text")
Found = dict[str, Any]  # the fields of a search
Streamed = tuple[str | Transcript, Found]


@dataclass(frozen=True)
class Asked:
    """What a form asks for, checked."""

    response_format: str = "json"
    stream: bool = False
    granularities: frozenset[str] = frozenset({SEGMENT})


def routes(server: ServerParts) -> list[BaseRoute]:
    """The routes of OpenAI's clients."""

    events = EventForm[Streamed](lambda streamed: _event(streamed, server), error_object)

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
                pieces = _searched(server.service.stream(clip, account), server, account)
                return await stream_events(request, pieces, events)
            (transcript,) = await unless_gone(request, server.service.transcribe([clip], account))
        found = await server.found(transcript, account) if asked.response_format in SEARCHED else {}
        return FORMATS[asked.response_format](transcript, server, asked, found)

    async def models(request: Request) -> Response:
        # KServe V1 lists its models at the same path.
        return JSONResponse({"object": "list", "data": [_model(server)], "models": [server.served_name]})

    async def model(request: Request) -> Response:
        server.check_name(request.path_params["name"])
        return JSONResponse(_model(server))

    async def other_audio(request: Request) -> Response:
        raise NotFoundError(f"{request.url.path} is not served; use /v1/audio/transcriptions")

    return [
        *post("/v1/audio/transcriptions", transcriptions, error_object),
        Route("/v1/audio/{other}", answering(other_audio, error_object), methods=list(METHODS)),
        Route("/v1/models", answering(models, error_object), methods=["GET"]),
        Route("/v1/models/{name}", answering(model, error_object), methods=["GET"]),
    ]


def error_object(error: RefusedError) -> dict[str, Any]:
    """A refusal as OpenAI's clients read it; `code` is the reason that the metrics count."""
    kind = "invalid_request_error" if error.code < 500 else "server_error"
    return {"error": {"message": error.sentence, "type": kind, "param": None, "code": error.reason}}


def check_form(form: Form, server: ServerParts) -> Asked:
    """What the form asks for; a field that would not be obeyed is refused by its name."""
    unknown = form.names - set(FIELDS)
    if unknown:
        raise BadRequestError(f"fields must be {', '.join(FIELDS)}, not {min(unknown)!r}")
    server.check_name(form.one("model", server.served_name))
    language = server.artefact.language
    if form.one("language", "") not in ("", language):
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
    if stream == "true" and response_format not in STREAMED_FORMATS:
        raise BadRequestError(
            f"response_format of a stream must be {' or '.join(STREAMED_FORMATS)}, not {response_format!r}"
        )
    granularities = _granularities(form, response_format, server)
    return Asked(response_format, stream == "true", granularities)


def _granularities(form: Form, response_format: str, server: ServerParts) -> frozenset[str]:
    """What is to have times; refused before any work where the engine cannot tell them."""
    given = frozenset(form.all("timestamp_granularities[]"))
    unknown = given - set(GRANULARITIES)
    if unknown:
        raise BadRequestError(
            f"timestamp_granularities must be {' or '.join(GRANULARITIES)}, not {min(unknown)!r}"
        )
    if given and response_format != "verbose_json":
        raise BadRequestError(
            f"timestamp_granularities need the response_format verbose_json, not {response_format!r}"
        )
    if WORD in given and server.artefact.engine not in WITH_WORD_TIMES:
        raise BadRequestError(
            f"timestamp_granularities must be segment: {server.artefact.name} has no times of words"
        )
    return given or frozenset({SEGMENT})


def _json(transcript: Transcript, server: ServerParts, asked: Asked, found: Found) -> Response:
    judged = judgement(transcript, server.options.review)
    return JSONResponse({"text": transcript.text, **judged, **found})


def _text(transcript: Transcript, server: ServerParts, asked: Asked, found: Found) -> Response:
    return PlainTextResponse(transcript.text + "\n")


def _verbose_json(transcript: Transcript, server: ServerParts, asked: Asked, found: Found) -> Response:
    """Fields of OpenAI's segments that this server has no figures for are left out."""
    parts = transcript.segments
    body = {
        "task": "transcribe",
        "language": server.artefact.language,
        "duration": round(transcript.duration, 3),
        "text": transcript.text,
        "usage": {"type": "duration", "seconds": round(transcript.duration, 3)},
        **judgement(transcript, server.options.review),
        **found,
    }
    if SEGMENT in asked.granularities:
        body["segments"] = [_segment(number, part) for number, part in enumerate(parts)]
    if WORD in asked.granularities:
        body["words"] = [_word(word) for part in parts for word in part.words]
    return JSONResponse(body)


def _srt(transcript: Transcript, server: ServerParts, asked: Asked, found: Found) -> Response:
    return PlainTextResponse(subtitles.srt(transcript.segments), media_type="application/x-subrip")


def _vtt(transcript: Transcript, server: ServerParts, asked: Asked, found: Found) -> Response:
    return PlainTextResponse(subtitles.vtt(transcript.segments), media_type="text/vtt")


FORMATS: dict[str, Callable[[Transcript, ServerParts, Asked, Found], Response]] = {
    "json": _json,
    "text": _text,
    "verbose_json": _verbose_json,
    "srt": _srt,
    "vtt": _vtt,
}
# The formats with room for search results.
SEARCHED = ("json", "verbose_json")


async def _searched(
    pieces: AsyncGenerator[str | Transcript, None], server: ServerParts, account: Account
) -> AsyncGenerator[Streamed, None]:
    """The pieces of a stream, the last with what its words find."""
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece, {} if isinstance(piece, str) else await server.found(piece, account)


def _event(streamed: Streamed, server: ServerParts) -> dict[str, Any]:
    piece, found = streamed
    if isinstance(piece, str):
        return {"type": "transcript.text.delta", "delta": piece}
    # The usage of OpenAI's own event is in tokens, which this server does not count.
    about = {"duration": round(piece.duration, 3), **judgement(piece, server.options.review), **found}
    return {"type": "transcript.text.done", "text": piece.text, **about}


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
