"""Server-sent events (WHATWG HTML, 9.2) that end with their client, and are counted by how they ended.

Knows nothing of what the events say.
"""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from model_server.errors import ClientGoneError, RefusedError
from model_server.log import LOGGER
from model_server.protocols.http import ErrorBody, account_of, unforeseen, unless_gone

EVENT_STREAM = "text/event-stream"
Piece = TypeVar("Piece")


@dataclass(frozen=True)
class EventForm(Generic[Piece]):
    """What a piece of the work, and an error in the middle of it, are as JSON."""

    event: Callable[[Piece], dict[str, Any]]
    error: ErrorBody


async def stream_events(
    request: Request, pieces: AsyncGenerator[Piece, None], form: EventForm[Piece]
) -> "EventStream[Piece]":
    """The answer to a request whose body was read; a refusal before the first piece is raised, as ever.

    From the first piece on an engine is at work, so that streams hold no more memory than engines can.
    """
    first = await unless_gone(request, anext(pieces))
    return EventStream(request, first, pieces, form)


class EventStream(StreamingResponse, Generic[Piece]):
    """An event for each piece; an error is the last one. The pieces' source is closed in any case.

    Starlette's own class leaves the source to the garbage collector when a client leaves, and counts nothing.
    """

    def __init__(
        self, request: Request, first: Piece, rest: AsyncGenerator[Piece, None], form: EventForm[Piece]
    ):
        super().__init__((), media_type=EVENT_STREAM, headers={"cache-control": "no-cache"})
        self._request = request
        self._first = first
        self._rest = rest
        self._form = form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all, or what there is until the client leaves."""
        async with aclosing(self._rest):
            try:
                await unless_gone(self._request, self.stream_response(send))
            except ClientGoneError as error:
                account_of(self._request).fail(error)

    async def stream_response(self, send: Send) -> None:
        """Send the start, each event as it comes, and the end."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await send(_chunk(self._form.event(self._first)))
            async for piece in self._rest:
                await send(_chunk(self._form.event(piece)))
        except Exception as error:  # noqa: BLE001  the process edge of a request
            await send(_chunk(self._form.error(self._failed(error))))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _failed(self, error: Exception) -> RefusedError:
        account = account_of(self._request)
        refused = error if isinstance(error, RefusedError) else unforeseen(account)
        account.fail(refused)
        LOGGER.warning("a stream broke off: %s", refused, extra={"request_id": account.request_id})
        return refused


def _chunk(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "http.response.body",
        "body": f"data: {json.dumps(event)}\n\n".encode(),
        "more_body": True,
    }
