"""An engine process that is a thread of the test: real messages over a real socket, no model."""

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
    """What an EngineProcess asks of its process; killing it closes its socket."""

    pid = 0

    def __init__(self, run: Callable[[], None], close: Callable[[], None]):
        self._thread = threading.Thread(target=run, daemon=True)
        self._close = close
        self._thread.start()

    def wait(self, timeout: float | None = None) -> int:
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise subprocess.TimeoutExpired("thread", timeout or 0)
        return 0

    def kill(self) -> None:
        self._close()


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

    return EngineProcess(ThreadAsProcess(run, theirs.close), ours)
