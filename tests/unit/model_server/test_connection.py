"""Connections of HTTP clients as they really behave, on loopback, to an application of a few lines."""

import subprocess
import threading
from http.client import HTTPResponse

import pytest
from starlette.requests import Request
from starlette.responses import Response

from .asgi_server import AsgiServer


class Working:
    """Works on a request until its client is gone, and never answers."""

    def __init__(self):
        self.begun, self.gone = threading.Event(), threading.Event()
        self.requests = 0

    async def __call__(self, scope, receive, send):
        self.requests += 1
        await Request(scope, receive).body()
        self.begun.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


def test_first_of_requests_sent_ahead_stops_when_its_client_leaves():
    working = Working()
    with AsgiServer(working) as server, server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * 3)
        assert working.begun.wait(10)

        client.close()

        assert working.gone.wait(10)
    assert working.requests == 1


class Echo:
    """Answers with the body that was sent."""

    def __init__(self):
        self.begun = threading.Event()

    async def __call__(self, scope, receive, send):
        self.begun.set()
        await Response(await Request(scope, receive).body())(scope, receive, send)


def head(*headers, line="POST / HTTP/1.1"):
    return "\r\n".join([line, "host: x", *headers, "", ""]).encode()


def read_answer(client):
    answer = HTTPResponse(client)
    answer.begin()
    return answer.status, answer.read()


H2C = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAoAAAAAIAAAAA")
UPGRADES = {
    "h2c": H2C,
    "of two protocols": ("Connection: upgrade", "Upgrade: TLS/1.0, HTTP/2.0"),
    "a POST to be a WebSocket": ("connection: upgrade", "upgrade: websocket"),
    "in two lines": ("connection: upgrade", "connection: keep-alive", "upgrade: h2c"),
}


@pytest.mark.parametrize("headers", UPGRADES.values(), ids=UPGRADES)
def test_upgrade_to_what_is_not_spoken_is_ignored(headers):
    echo = Echo()
    with AsgiServer(echo) as server, server.connect() as client:
        client.sendall(head(*headers, "content-length: 4"))
        assert echo.begun.wait(10)
        client.sendall(b"RIFF")

        assert read_answer(client) == (200, b"RIFF")


def read_bodies(client):
    """The bodies of the answers until the server closes."""
    received = b""
    while piece := client.recv(65_536):
        received += piece
    return [answer.partition(b"\r\n\r\n")[2] for answer in received.split(b"HTTP/1.1 200 OK\r\n")[1:]]


def test_requests_sent_ahead_may_all_wish_to_upgrade():
    with_length = head(*H2C, "content-length: 4") + b"RIFF"
    in_chunks = head(*H2C, "transfer-encoding: chunked") + b"4\r\nWAVE\r\n0\r\n\r\n"
    last = head(*H2C, "connection: close", line="GET / HTTP/1.1")
    with AsgiServer(Echo()) as server, server.connect() as client:
        client.sendall(with_length + in_chunks + last)

        assert read_bodies(client) == [b"RIFF", b"WAVE", b""]


def test_tunnel_that_wishes_to_upgrade_is_no_request():
    with AsgiServer(Echo()) as server, server.connect() as client:
        client.sendall(head(*H2C, line="CONNECT 127.0.0.1:22 HTTP/1.1"))

        assert read_answer(client)[0] == 400


def test_curl_that_prefers_http2_is_heard():
    with AsgiServer(Echo()) as server:
        curl = ["curl", "--disable", "--silent", "--noproxy", "*", "--http2"]
        posting = [*curl, "--data-binary", "@-", server.url]
        heard = subprocess.run(posting, input=bytes(1_000_000), capture_output=True, timeout=30, check=True)

    assert heard.stdout == bytes(1_000_000)
