"""A subject's process: started, waited for, looked at, asked one clip at a time, and ended."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.errors import SubjectError
from bench.http_client import get
from bench.memory import Memory, memory, tree

START_LIMIT_SECONDS = 90.0
POLL_SECONDS = 0.01
ANSWER_LIMIT_SECONDS = 30.0


class Server:
    """One running server on a loopback port; `start_seconds` is from its process's start to ready."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, start_seconds: float):
        self.process = process
        self.port = port
        self.start_seconds = start_seconds
        self._socket: socket.socket | None = None

    def memory(self) -> Memory:
        """What its processes hold now."""
        return memory(self.process.pid)

    def ask(self, request: bytes) -> tuple[float, int, bytes]:
        """Seconds, status and body of one request over a kept connection."""
        if self._socket is None:
            self._socket = _connect(self.port)
        began = time.perf_counter()
        status, body = _exchange(self._socket, request)
        seconds = time.perf_counter() - began
        if status == 0:
            self.leave()
        return seconds, status, body

    def leave(self) -> None:
        """Close the kept connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@contextmanager
def running(
    command: list[str], environment: dict[str, str], port: int, ready_path: str, log: Path
) -> Iterator[Server]:
    """The server, ready; its whole tree is killed at the end. Raises SubjectError where it never is ready."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
    server = Server(process, port, 0.0)
    try:
        _wait_ready(process, port, ready_path, log)
        server.start_seconds = time.monotonic() - began
        yield server
    finally:
        server.leave()
        _end(process)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    end = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SubjectError(f"{process.args!r} ended with status {process.returncode}; its log is {log}")
        with suppress(OSError), _connect(port) as connection:
            if _exchange(connection, get(path))[0] == 200:
                return
        time.sleep(POLL_SECONDS)
    raise SubjectError(f"{process.args!r} was not ready within {START_LIMIT_SECONDS:g} s; its log is {log}")


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_LIMIT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _exchange(connection: socket.socket, request: bytes) -> tuple[int, bytes]:
    """Status and body; status 0 where the connection broke."""
    try:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the tree, children first known: nothing of a subject is left to take the next one's processor."""
    for pid in tree(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
