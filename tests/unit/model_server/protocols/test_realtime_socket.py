"""WebSockets of uvicorn as a session needs them: real ones, on loopback."""

import asyncio
import contextlib
import logging
import threading

import pytest
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from model_server.protocols import realtime_socket

from ..asgi_server import AsgiServer

PING_SECONDS, PONG_SECONDS = 0.1, 1.0
HELD_SECONDS = 1.5 * (PING_SECONDS + PONG_SECONDS)
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
FRAME = b"\x81\x82\0\0\0\0hi"  # a client's text frame, its mask all zeros


@pytest.fixture
def impatient(monkeypatch):
    """Pings often, and waits for the pong for moments only."""
    monkeypatch.setattr(realtime_socket, "PING_SECONDS", PING_SECONDS)
    monkeypatch.setattr(realtime_socket, "PONG_SECONDS", PONG_SECONDS)


def test_handshake_that_is_refused_is_no_error(caplog):
    async def refuse(scope, receive, send):
        await WebSocket(scope, receive, send).send_denial_response(JSONResponse({"error": "no"}, 404))

    with AsgiServer(refuse) as server, pytest.raises(InvalidStatus) as refused, connect(server.ws_url):
        pass

    assert (refused.value.response.status_code, refused.value.response.body) == (404, b'{"error":"no"}')
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


async def held_back(scope, receive, send):
    """Reads the first message only after it has left it in the socket for a while; then echoes."""
    websocket = WebSocket(scope, receive, send)
    await websocket.accept()
    await asyncio.sleep(HELD_SECONDS)
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(await websocket.receive_text())


def test_client_that_is_held_back_keeps_its_session(impatient):
    with AsgiServer(held_back) as server, connect(server.ws_url) as client:
        client.send("first")
        client.send("second")

        assert [client.recv(30), client.recv(30)] == ["first", "second"]


class Listening:
    """Receives until the client is gone."""

    def __init__(self):
        self.gone = threading.Event()
        self.heard = 0

    async def __call__(self, scope, receive, send):
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        try:
            while True:
                await websocket.receive_text()
                self.heard += 1
                await websocket.send_text("heard")
        except WebSocketDisconnect:
            self.gone.set()


def upgrade(client):
    """Make a plain socket a WebSocket, whose client answers no ping."""
    client.sendall(HANDSHAKE)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += client.recv(1)


def test_client_that_vanished_is_noticed_whatever_it_sent_before(impatient):
    listening = Listening()
    with AsgiServer(listening) as server, server.connect() as client:
        upgrade(client)
        client.sendall(FRAME * 3)

        assert listening.gone.wait(30)
    assert listening.heard == 3


def test_pong_may_come_behind_what_was_held_back(impatient):
    """A client that sends is there, though its pong is still on its way."""
    listening, pause = Listening(), threading.Event()
    with AsgiServer(listening) as server, server.connect() as client:
        upgrade(client)
        for _ in range(round(HELD_SECONDS / PING_SECONDS)):
            client.sendall(FRAME)
            pause.wait(PING_SECONDS)

        assert not listening.gone.is_set()
        assert listening.gone.wait(30)
