"""What the HTTP protocols share: refusals as answers, bodies within bounds, work that ends with its client.

Knows no protocol's fields.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from model_server.account import Account
from model_server.artefact.manifest import Artefact
from model_server.audio import Clip, read_header
from model_server.content import Content
from model_server.envelope import ACCOUNT
from model_server.errors import (
    ClientGoneError,
    InternalError,
    MethodError,
    NotFoundError,
    RefusedError,
    SlowUploadError,
    shortened,
)
from model_server.events.events import Events
from model_server.intake import BodyRoom, BodyShare, IntakeLimits, read_body
from model_server.ledger import Ledger
from model_server.lifecycle import Lifecycle
from model_server.log import LOGGER
from model_server.metrics import Metrics
from model_server.options import Options
from model_server.search.time_box import TimeBox
from model_server.service import Service
from model_server.transcript import Transcript

Handler = Callable[[Request], Awaitable[Response]]
ErrorBody = Callable[[RefusedError], dict[str, Any]]
Result = TypeVar("Result")
# So much is read in some milliseconds at worst, and an utterance's sound file faster than by another thread.
READ_INLINE_BYTES = 262_144
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class ServerParts:
    """What a protocol's routes work with."""

    options: Options
    artefact: Artefact
    service: Service
    lifecycle: Lifecycle
    metrics: Metrics
    ledger: Ledger
    limits: IntakeLimits
    room: BodyRoom
    search: TimeBox | None = None
    events: Events | None = None

    @property
    def served_name(self) -> str:
        """The model's name in URLs."""
        return self.options.served_name

    def check_name(self, name: str) -> None:
        """Refuse the name of another model."""
        if name != self.served_name:
            raise NotFoundError(f"there is no model {name!r} here; this server has {self.served_name!r}")

    @asynccontextmanager
    async def share(self, request: Request) -> AsyncIterator[BodyShare]:
        """The bytes that a request may take in; given back when it is done with."""
        self.lifecycle.check_open()
        with self.room.share(request.headers.get("content-length")) as share:
            yield share

    @asynccontextmanager
    async def body(self, request: Request) -> AsyncIterator[Content]:
        """A request's body; its bytes count as held until the request is done with."""
        async with self.share(request) as share:
            body = await read_body(request.stream(), share)
            account_of(request).take()
            yield body

    async def found(self, transcript: Transcript, account: Account) -> dict[str, Any]:
        """The fields that a search for a transcript's words adds to an answer; none without a search."""
        if self.search is None:
            return {}
        return (await self.search.find(transcript.text, account.request_id)).fields()

    async def sound_file(self, content: Content) -> Clip:
        """The clip of a sound file."""
        return await aside(content.size, read_header, content, self.limits.max_audio_seconds)


async def aside(size: int, read: Callable[..., Result], *of: Any) -> Result:
    """What `read` makes of `size` bytes; on another thread where they are many, so that others are served."""
    if size <= READ_INLINE_BYTES:
        return read(*of)
    return await asyncio.to_thread(read, *of)


def account_of(request: Request) -> Account:
    """The account that the envelope opened."""
    account: Account = request.scope[ACCOUNT]
    return account


def media_type(request: Request) -> str:
    """The content type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def sentence_body(error: RefusedError) -> dict[str, Any]:
    """A refusal as KServe's protocols tell it."""
    return {"error": error.sentence}


def post(path: str, handler: Handler, error_body: ErrorBody = sentence_body) -> list[BaseRoute]:
    """A route that takes POST, and says so to other methods."""
    others = [method for method in METHODS if method != "POST"]
    return [
        Route(path, answering(handler, error_body), methods=["POST"]),
        Route(path, answering(_post_only, error_body), methods=others),
    ]


def answering(handler: Handler, error_body: ErrorBody = sentence_body) -> Handler:
    """The handler with its refusals, and what nobody foresaw, turned into answers of a protocol's form."""

    async def answer(request: Request) -> Response:
        account = account_of(request)
        try:
            return await handler(request)
        except RefusedError as error:
            # Its traceback knows this frame, and with it the body, until garbage is collected.
            refused = error.with_traceback(None)
        except ClientDisconnect:
            refused = ClientGoneError("the client left before its request was complete")
        except Exception:  # noqa: BLE001  the process edge of a request
            refused = unforeseen(account)
        account.fail(refused)
        return refusal(refused, error_body)

    return answer


def unforeseen(account: Account) -> InternalError:
    """The refusal for the exception being handled, which is logged."""
    LOGGER.exception("request failed", extra={"request_id": account.request_id})
    return InternalError(f"internal error; the log has it under request id {account.request_id}")


async def unless_gone(request: Request, work: Awaitable[Result]) -> Result:
    """What the work comes to; when the client leaves, it is cancelled and has ended when this raises.

    For a request whose body was read.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError("the client left before its answer")
        return working.result()
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait((working,))
        # A refusal's traceback knows this frame, and its task the refusal: with the body, until a collection.
        del working, leaving


def refusal(error: RefusedError, error_body: ErrorBody = sentence_body) -> Response:
    """The answer of a refusal."""
    wait = error.retry_after_seconds
    headers = {} if wait is None else {"retry-after": str(wait)}
    if isinstance(error, SlowUploadError):
        headers["connection"] = "close"
    return JSONResponse(error_body(error), status_code=error.code, headers=headers)


def error_answer(code: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """An answer with a sentence in JSON."""
    return JSONResponse({"error": shortened(sentence)}, status_code=code, headers=headers)


async def _post_only(request: Request) -> Response:
    raise MethodError(f"{request.url.path} takes POST, not {request.method}")
