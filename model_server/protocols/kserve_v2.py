"""KServe V2, the Open Inference Protocol, over HTTP: infer, health and metadata; knows no tensor's bytes.

The SDK's own routes take 50 to 90 ms for binary data, which they turn into lists on the event loop.
"""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from model_server.errors import NotFoundError
from model_server.intake import read_body
from model_server.open_inference import metadata
from model_server.open_inference.rest import HEADER_LENGTH, read_infer, write_infer
from model_server.protocols import v2_infer
from model_server.protocols.compression import inflated
from model_server.protocols.http import ServerParts, account_of, answering, post, unless_gone

MODEL = "/v2/models/{name}"
VERSION = f"{MODEL}/versions/{{version}}"
# The SDK's own routes of these would let anyone unload the model.
REPOSITORY = tuple(f"/v2/repository/models/{{name}}/{action}" for action in ("load", "unload"))


def routes(server: ServerParts) -> list[BaseRoute]:
    """The routes of KServe V2."""

    def check(request: Request) -> None:
        v2_infer.check_model(server, request.path_params["name"], request.path_params.get("version", ""))

    async def infer(request: Request) -> Response:
        check(request)
        account = account_of(request)
        async with server.share(request) as share:
            chunks = inflated(request.stream(), request.headers.get("content-encoding", ""))
            body = await read_body(chunks, share)
            account.take()
            read = partial(read_infer, body, request.headers.get(HEADER_LENGTH))
            answer = await unless_gone(request, v2_infer.infer(server, read, body.size, account))
        content, header_length = write_infer(
            server.served_name, server.artefact.version, answer.id, answer.tensors
        )
        if header_length is None:
            return Response(content, media_type="application/json")
        headers = {HEADER_LENGTH: str(header_length)}
        return Response(content, media_type="application/octet-stream", headers=headers)

    async def live(request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(request: Request) -> Response:
        return JSONResponse({"ready": server.lifecycle.ready}, _ready_code(server))

    async def model_ready(request: Request) -> Response:
        check(request)
        answer = {"name": server.served_name, "ready": server.lifecycle.ready}
        return JSONResponse(answer, _ready_code(server))

    async def server_metadata(request: Request) -> Response:
        return JSONResponse(metadata.server_metadata())

    async def model_metadata(request: Request) -> Response:
        check(request)
        artefact = server.artefact
        return JSONResponse(metadata.model_metadata(server.served_name, artefact.version, artefact.engine))

    async def repository(request: Request) -> Response:
        raise NotFoundError(
            f"{request.url.path} is not served; the model is the process's, from start to end"
        )

    gets = {
        "/v2": server_metadata,
        "/v2/health/live": live,
        "/v2/health/ready": ready,
        **{f"{path}/ready": model_ready for path in (MODEL, VERSION)},
        **dict.fromkeys((MODEL, VERSION), model_metadata),
    }
    return [
        *(route for path in (MODEL, VERSION) for route in post(f"{path}/infer", infer)),
        *(Route(path, answering(handler), methods=["GET"]) for path, handler in gets.items()),
        *(route for path in REPOSITORY for route in post(path, repository)),
    ]


def _ready_code(server: ServerParts) -> int:
    return 200 if server.lifecycle.ready else 503
