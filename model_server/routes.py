"""The HTTP routes: bodies in, transcripts out, every refusal a JSON sentence; knows no metric and no thread.

They come before the SDK's own on the same application: V1 :predict there takes any size and parses JSON
by the exact content type; explain and V2 infer are answered 404 until they are served for real.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message

from model_server import response
from model_server.account import Account
from model_server.audio import Clip, read_header
from model_server.envelope import ACCOUNT
from model_server.errors import (
    BadRequestError,
    MethodError,
    NotFoundError,
    RefusedError,
    UnsupportedMediaError,
)
from model_server.intake import BodyRoom, IntakeLimits, read_body, read_predict
from model_server.lifecycle import Lifecycle
from model_server.log import LOGGER
from model_server.model import SpeechModel, SpeechRequest

Handler = Callable[[Request], Awaitable[Response]]
MULTIPART_TYPE = "multipart/form-data"
RESPONSE_FORMATS = ("json", "text")
MAX_FORM_FIELDS = 8


class Routes:
    """The predictor's own routes for one served model."""

    def __init__(self, model: SpeechModel, language: str, lifecycle: Lifecycle, limits: IntakeLimits):
        self._model = model
        self._language = language
        self._lifecycle = lifecycle
        self._limits = limits
        self._room = BodyRoom(limits.max_held_bytes)

    def add_to(self, app: FastAPI) -> None:
        """Put them before the routes that the SDK adds when it starts."""
        add = app.router.add_route
        for path, handler in (
            ("/v1/models/{name}:predict", self.predict),
            ("/v1/audio/transcriptions", self.transcriptions),
        ):
            add(path, _answering(handler), methods=["POST"])
            add(path, _answering(self.post_only), methods=["GET", "PUT", "PATCH", "DELETE"])
        add("/healthz/live", self.live, methods=["GET"])
        add("/healthz/ready", self.ready, methods=["GET"])
        add("/v1/models/{name}:explain", _answering(self.absent), methods=["POST"])
        add("/v2/models/{name}/infer", _answering(self.absent), methods=["POST"])
        add("/v2/models/{name}/versions/{version}/infer", _answering(self.absent), methods=["POST"])
        app.add_exception_handler(HTTPException, _routing_error)

    async def live(self, request: Request) -> Response:
        """The event loop answers."""
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> Response:
        """200 when new users should be sent here, whatever the load."""
        ready = self._lifecycle.ready
        body = {"ready": ready, "state": self._lifecycle.state.value}
        return JSONResponse(body, status_code=200 if ready else 503)

    async def post_only(self, request: Request) -> Response:
        """A route for speech, asked with another method."""
        raise MethodError(f"{request.url.path} takes POST, not {request.method}")

    async def absent(self, request: Request) -> Response:
        """A route of the SDK that this server does not serve."""
        raise NotFoundError(f"{request.url.path} is not served; use /v1/models/{self._model.name}:predict")

    async def predict(self, request: Request) -> Response:
        """KServe V1: raw audio or JSON base64."""
        self._check_name(request.path_params["name"])
        content_type = request.headers.get("content-type", "")
        async with self._body(request) as body:
            clips = await asyncio.to_thread(read_predict, content_type, body, self._limits)
            transcripts = await self._model.predict(SpeechRequest(clips, _account(request)))
        return JSONResponse(response.kserve_v1(transcripts))

    async def transcriptions(self, request: Request) -> Response:
        """OpenAI: a multipart form with a file."""
        content_type = request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != MULTIPART_TYPE:
            raise UnsupportedMediaError(f"content type must be {MULTIPART_TYPE}, not {content_type!r}")
        async with self._body(request) as body:
            async with _form(request, body) as form:
                response_format = self._check_fields(form)
                clip = await self._uploaded(form)
            transcripts = await self._model.predict(SpeechRequest([clip], _account(request)))
        if response_format == "text":
            return PlainTextResponse(response.openai_text(transcripts[0]))
        return JSONResponse(response.openai_json(transcripts[0]))

    @asynccontextmanager
    async def _body(self, request: Request) -> AsyncIterator[bytes]:
        """The request's body; its bytes count as held until the request is done with."""
        self._lifecycle.check_open()
        declared = request.headers.get("content-length")
        with self._room.share() as share:
            body = await read_body(request.stream(), declared, self._limits, share)
            _account(request).take()
            yield body

    async def _uploaded(self, form: FormData) -> Clip:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise BadRequestError("the form must have the audio as an uploaded file in its field 'file'")
        return await asyncio.to_thread(read_header, await file.read(), self._limits.max_audio_seconds)

    def _check_fields(self, form: FormData) -> str:
        """The form's response_format; a field that would not be obeyed is refused."""
        response_format = str(form.get("response_format", "json"))
        if response_format not in RESPONSE_FORMATS:
            raise BadRequestError(
                f"response_format must be one of {', '.join(RESPONSE_FORMATS)}, not {response_format!r}"
            )
        if "model" in form:
            self._check_name(str(form["model"]))
        if str(form.get("language", self._language)) != self._language:
            raise BadRequestError(f"language must be {self._language!r}, not {form['language']!r}")
        if str(form.get("temperature", "0")) not in ("0", "0.0"):
            raise BadRequestError(f"temperature must be 0, not {form['temperature']!r}")
        unknown = set(form) - {"file", "model", "response_format", "language", "temperature"}
        if unknown:
            raise BadRequestError(
                f"fields must be file, model, response_format, language, temperature, not {min(unknown)!r}"
            )
        return response_format

    def _check_name(self, name: str) -> None:
        if name != self._model.name:
            raise NotFoundError(f"there is no model {name!r} here; this server has {self._model.name!r}")


def _account(request: Request) -> Account:
    account: Account = request.scope[ACCOUNT]
    return account


def _answering(handler: Handler) -> Handler:
    """The handler with its refusals, and what nobody foresaw, turned into answers."""

    async def answer(request: Request) -> Response:
        account = _account(request)
        try:
            return await handler(request)
        except RefusedError as error:
            account.reason = error.reason
            wait = error.retry_after_seconds
            headers = {} if wait is None else {"retry-after": str(wait)}
            return _error(error.code, error.sentence, headers)
        except ClientDisconnect:
            account.reason = BadRequestError.reason
            return _error(400, "the client left before its request was complete")
        except Exception:  # noqa: BLE001  the process edge of a request
            account.reason = "internal"
            LOGGER.exception("request failed", extra={"request_id": account.request_id})
            return _error(500, f"internal error; the log has it under request id {account.request_id}")

    return answer


async def _routing_error(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405 in the same form."""
    assert isinstance(error, HTTPException)  # noqa: S101  for mypy; it is registered for nothing else
    _account(request).reason = NotFoundError.reason if error.status_code == 404 else BadRequestError.reason
    sentence = f"{request.method} {request.url.path}: {error.detail}"
    return _error(error.status_code, sentence, dict(error.headers or {}))


def _error(code: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": sentence}, status_code=code, headers=headers)


@asynccontextmanager
async def _form(request: Request, body: bytes) -> AsyncIterator[FormData]:
    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        form = await Request(request.scope, replay).form(max_files=1, max_fields=MAX_FORM_FIELDS)
    except (HTTPException, FormParserError) as error:
        detail = error.detail if isinstance(error, HTTPException) else error
        raise BadRequestError(f"the form cannot be read: {detail}") from error
    try:
        yield form
    finally:
        await form.close()
