"""Serves the referee's metrics, health and page over HTTP; knows nothing of how walks run."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from rollout_policies.markup import POLICY


class Answer(NamedTuple):
    """A response: status, content type, body."""

    status: int
    content_type: str
    body: bytes


Routes = Mapping[str, Callable[[], Answer]]
Posts = Mapping[str, Callable[[bytes], Answer]]
MAX_BODY_BYTES = 1_048_576
# Paths that begin so, and what answers the rest of the path.
Subtrees = Mapping[str, Callable[[str], Answer]]


def text(status: int, body: str) -> Answer:
    """Return a plain-text answer."""
    return Answer(status, "text/plain; charset=utf-8", body.encode() + b"\n")


def html(body: str) -> Answer:
    """Return an HTML page."""
    return Answer(200, "text/html; charset=utf-8", body.encode())


def metrics(registry: CollectorRegistry) -> Answer:
    """Return a registry as Prometheus scrapes it."""
    return Answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))


def found(routes: Routes, subtrees: Subtrees, path: str) -> Answer:
    """Return what a path is answered; a route is the whole path."""
    route = routes.get(path)
    if route is not None:
        return route()
    for beginning, answer in subtrees.items():
        if path.startswith(beginning):
            return answer(path.removeprefix(beginning))
    return text(404, f"no such page; there are: {', '.join([*routes, *subtrees])}")


def serve(
    routes: Routes,
    port: int,
    host: str = "",
    posts: Posts | None = None,
    subtrees: Subtrees | None = None,
) -> ThreadingHTTPServer:
    """Serve GET routes, and POST ones of at most MAX_BODY_BYTES, from a background thread; port 0 takes a
    free one (`server_address[1]`)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            """Answer one request."""
            self._answer(found(routes, subtrees or {}, self.path.partition("?")[0]))

        def do_POST(self) -> None:
            """Take one body in."""
            post = (posts or {}).get(self.path.partition("?")[0])
            declared = self.headers.get("content-length", "")
            # A body that is left unread would be taken for the next request.
            self.close_connection = True
            if post is None:
                self._answer(text(404, f"nothing is taken here; only at: {', '.join(posts or ())}"))
            elif not declared.isdigit() or int(declared) > MAX_BODY_BYTES:
                self._answer(text(413, f"content-length must be 0 to {MAX_BODY_BYTES}, not {declared!r}"))
            else:
                self._answer(post(self.rfile.read(int(declared))))
                self.close_connection = False

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body)))
            self.send_header("content-security-policy", POLICY)
            self.send_header("x-content-type-options", "nosniff")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
            """Scrapes and probes are no news."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="web", daemon=True).start()
    return server
