"""The API told by itself: `/openapi.json` (OpenAPI 3.1) and `/docs`, one page without outside assets.

Made from the tables of openapi_operations.py and openapi_schemas.py once, at the start; in the place of what
KServe's SDK says of its own routes alone.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from model_server import account, envelope
from model_server.errors import RefusedError
from model_server.protocols import openapi_page
from model_server.protocols.http import ServerParts
from model_server.protocols.openapi_operation import OPENAI, PROTOCOLS, Operation
from model_server.protocols.openapi_operations import OPERATIONS
from model_server.protocols.openapi_schemas import SCHEMAS, ref
from model_server.protocols.openapi_v2 import V2_OPERATIONS, V2_SCHEMAS

# pyproject.toml has the same.
VERSION = "0.1.0"
ABOUT = "Speech in, transcripts out: one model behind the protocols that its users speak already."
PATH_PARAMETERS = {"name": "The model's name in URLs.", "version": "The model's version."}
REQUEST_HEADERS = {
    account.REQUEST_ID: "The request's id, 1 to 128 printable ASCII characters; made where there is none.",
    account.TIMEOUT_MILLISECONDS: "How long the request may wait for its turn; then it is answered 503.",
}
ANSWER_HEADERS = {
    account.REQUEST_ID: "The request's id, which the log and the events have too.",
    envelope.MODEL_NAME: "The artefact's name.",
    envelope.MODEL_VERSION: "The artefact's version.",
    envelope.POD_TEMPLATE_HASH: "Which revision of the rollout answered.",
    envelope.AUDIO_SECONDS: "Seconds of audio in the request; only where there was audio.",
    envelope.QUEUE_MILLISECONDS: "How long it waited for an engine; only where it waited for one.",
    envelope.INFERENCE_MILLISECONDS: "How long an engine worked on it; only on whole answers.",
}
# The page has nothing but itself: no script, no font, no image.
PAGE_HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}


def routes(server: ServerParts) -> list[BaseRoute]:
    """The routes of those who want to know what there is."""
    told = document()
    page = openapi_page.page(told)

    async def openapi(request: Request) -> Response:
        return JSONResponse(told)

    async def docs(request: Request) -> Response:
        return HTMLResponse(page, headers=PAGE_HEADERS)

    return [
        Route("/openapi.json", openapi, methods=["GET"]),
        Route("/docs", docs, methods=["GET"]),
    ]


def document() -> dict[str, Any]:
    """The OpenAPI document of every route."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in (*OPERATIONS, *V2_OPERATIONS):
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    headers = {name: _header(text) for name, text in ANSWER_HEADERS.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Serinus", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in PROTOCOLS.items()],
        "paths": paths,
        "components": {"schemas": SCHEMAS | V2_SCHEMAS, "headers": headers},
    }


def _operation(operation: Operation) -> dict[str, Any]:
    sample = {"lang": operation.language, "source": operation.example}
    body = {"requestBody": {"required": True, "content": _content(operation.takes)}}
    answers = {str(operation.code): _answer(operation, operation.summary), **_refusals(operation)}
    if operation.tells_readiness:
        answers["503"] = _answer(operation, "Not ready.")
    return {
        "tags": [operation.protocol],
        "operationId": f"{operation.method} {operation.path}",
        "summary": operation.summary,
        **({"description": operation.text} if operation.text else {}),
        "parameters": _parameters(operation),
        **(body if operation.takes else {}),
        "responses": answers,
        "x-codeSamples": [sample] if operation.example else [],
    }


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    schema = {"type": "string"}
    in_path = [
        {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
        for name, text in PATH_PARAMETERS.items()
        if f"{{{name}}}" in operation.path
    ]
    # Who posts speech may name the request and bound its wait.
    in_headers = [
        {"name": name, "in": "header", "required": False, "description": text, "schema": schema}
        for name, text in REQUEST_HEADERS.items()
        if operation.takes
    ]
    return in_path + in_headers


def _answer(operation: Operation, description: str) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ANSWER_HEADERS}
    return {
        "description": description,
        "headers": headers,
        **({"content": _content(operation.gives)} if operation.gives else {}),
    }


def _refusals(operation: Operation) -> dict[str, Any]:
    """By code; errors that share one are told together."""
    form = ref("OpenAIError" if operation.protocol == OPENAI else "Error")
    by_code: dict[int, list[type[RefusedError]]] = {}
    for refusal in operation.refusals:
        by_code.setdefault(refusal.code, []).append(refusal)
    return {
        str(code): {
            "description": " ".join(refusal.__doc__ or "" for refusal in refusals),
            "content": {"application/json": {"schema": form}},
        }
        for code, refusals in sorted(by_code.items())
    }


def _content(schemas: Any) -> dict[str, Any]:
    return {media: {"schema": schema} for media, schema in schemas.items()}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string"}}
