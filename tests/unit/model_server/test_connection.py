"""Connections of HTTP clients as they really behave, on loopback, to an application of a few lines."""

import threading

from starlette.requests import Request

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
