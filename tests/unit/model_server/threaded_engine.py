"""An engine process that is a thread of the test: real messages over a real socket, no model."""

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable

from model_server.faults import NO_FAULTS, Faults
from model_server.inference.engine_process import EngineProcess
from model_server.inference.messages import LOADED, write
from model_server.inference.process import Worker
from model_server.inference.spawn import socket_pair
from model_server.pipeline import Recogniser


class ThreadAsProcess:
    """What an EngineProcess asks of its process; killing it ends its connection."""

    pid = 0

    def __init__(self, run: Callable[[], None], connection: socket.socket):
        self._thread = threading.Thread(target=run, daemon=True)
        self._connection = connection
        self._thread.start()

    def wait(self, timeout: float | None = None) -> int:
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise subprocess.TimeoutExpired("thread", timeout or 0)
        return 0

    def kill(self) -> None:
        with contextlib.suppress(OSError):  # it has ended by itself
            self._connection.shutdown(socket.SHUT_RDWR)


def threaded_engine(
    recogniser: Recogniser, faults: Faults = NO_FAULTS, loaded: threading.Event | None = None
) -> EngineProcess:
    """An engine that is loaded when the event is set, or at once."""
    ours, theirs = socket_pair()

    def run() -> None:
        if loaded is not None:
            loaded.wait()
        with theirs:
            theirs.send(write(**{LOADED: True}))
            Worker(theirs, recogniser, faults).run()

    return EngineProcess(ThreadAsProcess(run, theirs), ours)
