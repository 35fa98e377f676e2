"""WebSockets of uvicorn as a session needs them: real ones, on loopback."""

import logging

import pytest
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ..asgi_server import AsgiServer


def test_handshake_that_is_refused_is_no_error(caplog):
    async def refuse(scope, receive, send):
        await WebSocket(scope, receive, send).send_denial_response(JSONResponse({"error": "no"}, 404))

    with AsgiServer(refuse) as server, pytest.raises(InvalidStatus) as refused, connect(server.ws_url):
        pass

    assert (refused.value.response.status_code, refused.value.response.body) == (404, b'{"error":"no"}')
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
