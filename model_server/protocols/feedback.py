"""`POST /v1/feedback`: what a user did with a transcript, told to whoever receives events."""

import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from model_server.account import MAX_REQUEST_ID_CHARACTERS
from model_server.errors import (
    BadRequestError,
    NotFoundError,
    QueueFullError,
    TooLargeError,
    UnsupportedMediaError,
)
from model_server.events.contents import ACTIONS, Feedback
from model_server.protocols.http import ServerParts, media_type, post

JSON_TYPE = "application/json"
FIELDS = ("request_id", "action", "text")
MAX_TEXT_CHARACTERS = 10_000
# Of the longest text, were each character two escapes of JSON (a surrogate pair), and of what is around it.
MAX_BODY_BYTES = 12 * MAX_TEXT_CHARACTERS + 4_096
FULL_RETRY_AFTER_SECONDS = 5


def routes(server: ServerParts) -> list[BaseRoute]:
    """The route of feedback."""

    async def feedback(request: Request) -> Response:
        server.lifecycle.check_open()
        if server.events is None:
            raise NotFoundError("feedback is not collected here: no --events-url")
        if media_type(request) != JSON_TYPE:
            raise UnsupportedMediaError(f"content type must be {JSON_TYPE}, not {media_type(request)!r}")
        given = read_feedback(await _bounded(request.stream()))
        if not server.events.tell_feedback(given):
            raise QueueFullError(
                "as many events wait as may; try again later", retry_after_seconds=FULL_RETRY_AFTER_SECONDS
            )
        told = given.text is not None and server.events.with_text
        return JSONResponse({"accepted": True, "text_forwarded": told}, status_code=202)

    return post("/v1/feedback", feedback)


def read_feedback(body: bytes) -> Feedback:
    """The feedback in a JSON body; BadRequestError where a field is not as agreed."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadRequestError(f"the body must be an object, not {type(document).__name__}")
    unknown = document.keys() - set(FIELDS)
    if unknown:
        raise BadRequestError(f"fields must be {', '.join(FIELDS)}, not {min(unknown)[:80]!r}")
    action = document.get("action")
    if action not in ACTIONS:
        raise BadRequestError(f"action must be one of {', '.join(ACTIONS)}, not {str(action)[:80]!r}")
    return Feedback(_request_id(document.get("request_id")), action, _text(document.get("text")))


def _request_id(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_REQUEST_ID_CHARACTERS:
        raise BadRequestError(f"request_id must be text of 1 to {MAX_REQUEST_ID_CHARACTERS} characters")
    if not (value.isascii() and value.isprintable()):
        raise BadRequestError(f"request_id must be printable ASCII, not {value!r}")
    return value


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRequestError(f"text must be text, not {type(value).__name__}")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise BadRequestError(f"text must have at most {MAX_TEXT_CHARACTERS} characters, not {len(value)}")
    return value


async def _bounded(chunks: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLargeError(f"the body must be at most {MAX_BODY_BYTES} bytes")
    return bytes(body)
