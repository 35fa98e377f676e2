"""An HTTP server on loopback for whoever posts or fetches; what it answers is its subclass's."""

import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Status, headers and body; a header that is None is left out, as content-length may be.
Answer = tuple[int, dict[str, str | None], bytes]


class Loopback:
    """Serves from entering to leaving a `with`; `url` has no slash at its end."""

    def __init__(self) -> None:
        outer = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["content-length"])))

            def _answer(self, body: bytes) -> None:
                status, headers, content = outer.answer(self.path, self.headers, body)
                self.send_response(status)
                for name, value in {"content-length": str(len(content)), **headers}.items():
                    if value is not None:
                        self.send_header(name, value)
                # One that does not say how long it is ends with its connection.
                if headers.get("content-length", "") is None:
                    self.close_connection = True
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def answer(self, path: str, headers: Message, body: bytes) -> Answer:
        """What a GET (without a body) or a POST gets."""
        raise NotImplementedError

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
