"""A small HTTP/1.1 client for load: raw bytes out, status and body in; knows no subject and no schedule.

Why not Locust, as in loadtest/: the client shares two cores with what it measures. Locust with gevent costs
a millisecond of processor time a request and more at start; prepared bytes on an asyncio transport and
httptools' C parser cost a tenth of that, and each load reports what it cost (`client_cpu_share`).
"""

import asyncio
import time
from dataclasses import dataclass
from typing import cast

import httptools

NO_ANSWER = 0


@dataclass(frozen=True)
class Answer:
    """A response; status 0 where none came within the time allowed or the connection broke."""

    status: int
    body: bytes = b""


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self.open = False
        self.used = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []

    async def ask(self, request: bytes) -> Answer:
        """Send the request's bytes and return its answer; a broken connection is status 0."""
        if self._transport is None or not self.open:
            return Answer(NO_ANSWER)
        self._waiting = asyncio.get_running_loop().create_future()
        self._body = []
        self._transport.write(request)
        try:
            return await self._waiting
        finally:
            self._waiting = None
            self.used = True

    def close(self) -> None:
        """Leave at once, as a client does that gave up."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's: the connection stands."""
        # uvloop's is no subclass, but has all of it.
        self._transport = cast(asyncio.Transport, transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        """asyncio's: bytes arrived."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()
            self._finish(Answer(NO_ANSWER))

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio's: the connection is gone."""
        self.open = False
        self._finish(Answer(NO_ANSWER))

    def on_body(self, body: bytes) -> None:
        """httptools': a part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """httptools': the response is whole."""
        answer = Answer(self._parser.get_status_code(), b"".join(self._body))
        self.open = self.open and self._parser.should_keep_alive()
        self._parser = httptools.HttpResponseParser(self)
        self._finish(answer)

    def _finish(self, answer: Answer) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)


class Client:
    """Connections to one loopback port, reused last in first out, as many as are needed."""

    def __init__(self, port: int):
        self._port = port
        self._idle: list[Connection] = []

    async def ask(self, request: bytes, timeout_seconds: float) -> Answer:
        """The answer, or status 0 after `timeout_seconds`, when the connection is aborted."""
        began = time.monotonic()
        connection = await self._connection()
        stale = connection.used
        answer = await self._on(connection, request, timeout_seconds)
        if answer.status == NO_ANSWER and stale and time.monotonic() - began < timeout_seconds / 2:
            # The server had closed an idle connection; every HTTP client sends anew then.
            connection = await self._fresh()
            answer = await self._on(connection, request, timeout_seconds)
        if connection.open:
            self._idle.append(connection)
        return answer

    async def ask_anew(self, request: bytes, timeout_seconds: float) -> Answer:
        """The answer over a connection of its own, as a kubelet probes."""
        try:
            async with asyncio.timeout(timeout_seconds):
                connection = await self._fresh()
                answer = await connection.ask(request)
        except TimeoutError:
            return Answer(NO_ANSWER)
        connection.close()
        return answer

    def close(self) -> None:
        """Close what is idle."""
        for connection in self._idle:
            connection.close()

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        return await self._fresh()

    async def _fresh(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(Connection, "127.0.0.1", self._port)
        except OSError:
            return Connection()
        return connection

    @staticmethod
    async def _on(connection: Connection, request: bytes, timeout_seconds: float) -> Answer:
        try:
            async with asyncio.timeout(timeout_seconds):
                return await connection.ask(request)
        except TimeoutError:
            connection.close()
            return Answer(NO_ANSWER)


def post(path: str, content_type: str, body: bytes) -> bytes:
    """The bytes of a POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
