"""An HTTP/1.1 connection whose client is bounded before there is a request: bytes and seconds of a head.

llhttp and uvicorn take a head of any size, at any pace, and any number of requests ahead of their answers.
Knows nothing of routes, bodies or speech.
"""

import asyncio
import json
import resource
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from model_server.log import LOGGER
from model_server.request_parser import UPGRADE, RequestParser

# nginx takes 4 lines of 8 KiB, Envoy 60 KiB and 100 headers; a gateway in front refuses more before we do.
MAX_HEAD_BYTES, MAX_HEADERS = 65_536, 100
# The most that asyncio reads at once: a head may begin at its end.
READ_BYTES = 262_144
OVERHEAD_SENTENCE = f"a body's chunk extensions and trailers must be at most {MAX_HEAD_BYTES} bytes"
# Gateways send one request at a time; some clients send the next one early.
MAX_REQUESTS_AHEAD = 8


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's connection, refusing a head that is too large or takes longer than `head_seconds`."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        head_seconds: float,
    ):
        super().__init__(config, server_state, app_state, _loop)
        self.parser = RequestParser(self, self._ignores_upgrade)
        self._head_seconds = head_seconds
        self._pending_bytes = 0
        self._in_head = True
        self._dropping = False
        self._answered: RequestResponseCycle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._refusal = (400, "the bytes sent are no HTTP/1.1 request")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a head from now on."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more; uvicorn would stop only the newest of several requests sent ahead."""
        self._stop_timer()
        self._give_up()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; the connection stays open unwatched only while a request is in work."""
        if self._dropping:
            return
        super().data_received(data)
        self._pending_bytes += len(data)
        if self._pending_bytes > MAX_HEAD_BYTES + READ_BYTES:
            self._refuse(431, _too_large(self._pending_bytes) if self._in_head else OVERHEAD_SENTENCE)
        # One that was upgraded to a WebSocket is no longer among them.
        if self._timer is None and not self._working and self in self.connections:
            self._start_timer()

    def on_message_begin(self) -> None:
        """A head begins: that of the first request, or of one after it."""
        super().on_message_begin()
        self._in_head, self._pending_bytes = True, 0
        self._start_timer()

    def on_headers_complete(self) -> None:
        """The head is whole: its request is taken on, or refused; or it comes again without its Upgrade."""
        if self._ignores_upgrade():
            return
        self._in_head, self._pending_bytes = False, 0
        self._stop_timer()
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MAX_HEAD_BYTES:
            self._raise(431, _too_large(size))
        if len(self.headers) > MAX_HEADERS:
            self._raise(431, f"a request must have at most {MAX_HEADERS} headers, not {len(self.headers)}")
        if len(self.pipeline) >= MAX_REQUESTS_AHEAD:
            self._raise(400, f"at most {MAX_REQUESTS_AHEAD} requests may be sent ahead of their answers")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body; what is neither that nor a head, a trailer say, is no more than a head."""
        self._pending_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._ignores_upgrade():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer given before the body was whole: what is still sent is dropped, and for so long only."""
        super().on_response_complete()
        if not self._working and self.cycle.more_body:
            self._start_timer()

    def send_400_response(self, msg: str) -> None:
        """The refusal in the form of every other, unless it would be taken for another request's answer."""
        if self.pipeline or (self._working and self.cycle.response_started):
            self.transport.close()
            return
        self._give_up()
        code, sentence = self._refusal
        body = json.dumps({"error": sentence}).encode()
        head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(STATUS_LINE[code] + head.encode() + b"connection: close\r\n\r\n" + body)
        # Closing while the client still sends would reset the connection, and the answer with it.
        self.transport.write_eof()
        self._dropping = True
        self._start_timer()

    def _should_upgrade(self) -> bool:
        """Only a GET becomes a WebSocket; uvicorn would wait for ever for the rest of others."""
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _ignores_upgrade(self) -> bool:
        """Whether the head just read wishes for a protocol not spoken here; a CONNECT wishes for none."""
        wished = self.parser.should_upgrade() and any(name == UPGRADE for name, _ in self.headers)
        return wished and not self._should_upgrade()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Remember which request is being answered: others may have come since."""
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _give_up(self) -> None:
        """Tell whoever works on an answer that nobody will get it."""
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()

    @property
    def _working(self) -> bool:
        """Whether a request is being read or answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _raise(self, code: int, sentence: str) -> None:
        """Refuse from within the parser, which turns an error of ours into its own."""
        self._refusal = code, sentence
        raise ValueError(sentence)

    def _refuse(self, code: int, sentence: str) -> None:
        if not self.transport.is_closing():
            LOGGER.warning("a connection is refused: %s", sentence, extra={"code": code})
            self._refusal = code, sentence
            self.send_400_response(sentence)

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(self._head_seconds, self._run_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _run_out(self) -> None:
        """Too slow; but the head of a request sent ahead waits for us, and silence needs no answer."""
        self._timer = None
        if self._dropping:
            self.transport.close()
        elif self._working:
            self._start_timer()
        elif self._in_head and self._pending_bytes:
            self._refuse(408, f"the head of a request must come within {self._head_seconds:g} s")
        else:
            self.transport.close()


def allow_connections() -> None:
    """As many connections as the system lets this process have: idle ones of a client stop no other."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _too_large(size: int) -> str:
    return f"the head of a request must be at most {MAX_HEAD_BYTES} bytes, not {size}"
