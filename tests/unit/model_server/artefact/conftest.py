"""A small whole model, and a server on loopback that gives its files as told."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CLIP = b"pretend this is a clip"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def small_model(**changes):
    return {
        "name": "small",
        "version": "1",
        "engine": "onnx",
        "language": "en",
        "licence": "MIT",
        "sample_rate": 16_000,
        "limits": {"max_segment_seconds": 24, "max_tokens_per_second": 6.5},
        "files": [{"path": "clip.wav", "sha256": sha256(CLIP)}],
        "self_test": {"audio": "clip.wav", "text": "a clip"},
        **changes,
    }


@pytest.fixture
def document():
    """Makes what a model.yaml of one file says, with changes."""
    return small_model


@pytest.fixture
def clip():
    return CLIP


class FileServer:
    """Answers GET by `answers`: path -> (status, headers, body); keeps the headers of what was asked."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, dict(self.headers)))
                status, headers, body = outer.answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    if value is not None:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server():
    with FileServer() as server:
        yield server
