"""Every route of ours, before those that KServe's SDK has; what neither has is answered in the same form."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp

from model_server.errors import BadRequestError, NotFoundError
from model_server.protocols import feedback, health, kserve_v1, kserve_v2, openai, openapi, realtime
from model_server.protocols.http import ServerParts, account_of, error_answer

PROTOCOLS = (kserve_v1, kserve_v2, openai, realtime, feedback, health, openapi)


def application(server: ServerParts, sdk: FastAPI) -> ASGIApp:
    """The routes of all protocols in front of the SDK's application."""
    sdk.add_exception_handler(HTTPException, _routing_error)
    return Router([route for protocol in PROTOCOLS for route in protocol.routes(server)], default=sdk)


async def _routing_error(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405 in the same form."""
    assert isinstance(error, HTTPException)  # noqa: S101  for mypy; it is registered for nothing else
    known = error.status_code == 404
    account_of(request).reason = NotFoundError.reason if known else BadRequestError.reason
    sentence = f"{request.method} {request.url.path}: {error.detail}"
    return error_answer(error.status_code, sentence, dict(error.headers or {}))
