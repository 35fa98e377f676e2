"""Whether the process lives and whether users should be sent to it; whatever the load."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from model_server.protocols.http import ServerParts


def routes(server: ServerParts) -> list[BaseRoute]:
    """The routes of the kubelet's probes."""

    async def live(request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(request: Request) -> Response:
        lifecycle = server.lifecycle
        body = {"ready": lifecycle.ready, "state": lifecycle.state.value}
        return JSONResponse(body, status_code=200 if lifecycle.ready else 503)

    return [
        Route("/healthz/live", live, methods=["GET"]),
        Route("/healthz/ready", ready, methods=["GET"]),
    ]
