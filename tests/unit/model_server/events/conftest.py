"""A receiver of CloudEvents on loopback, as somebody would run one: a real HTTP server."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Receiver:
    """Answers each POST with the next of `codes` (204 when they are used up) and keeps the events."""

    def __init__(self):
        self.events, self.codes, self.content_types = [], [], []
        self.held = threading.Event()
        self.held.set()
        outer = self

        class Receiving(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.held.wait(10)
                code = outer.codes.pop(0) if outer.codes else 204
                if code == 204:
                    outer.events.append(event)
                    outer.content_types.append(self.headers["content-type"])
                self.send_response(code)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Receiving)
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self.held.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver
