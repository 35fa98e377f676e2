"""An engine process: `python -m model_server.inference.process FD SETTINGS`, started by the pool alone.

It loads a recogniser, says so, and then does one job after another; whatever untrusted bytes do to a decoder
they do here. A message in the middle of a job cancels it; the end of the socket is the end of the process.
"""

import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

from model_server.content import Content
from model_server.errors import InternalError, RefusedError, StartRefusedError
from model_server.faults import NO_FAULTS, Faults
from model_server.inference.messages import FAILED, LOADED, Job, read_job, write, write_refusal, write_step
from model_server.inference.settings import MESSAGE_BYTES, Settings, read_settings
from model_server.log import LOGGER, configure
from model_server.pipeline import Figures, Recogniser, StageOptions
from model_server.transcript import SpokenSegment

MAX_FILES = 64
# Below the server, which must refuse and say that it is alive while every core is busy with engines: at twice
# the capacity p99 of refusals was 8 ms with it and 13 without, that of answers 0.50 s and 0.80.
NICENESS = 5


class CancelledJobError(Exception):
    """The server no longer wants the job."""


class ServerGoneError(Exception):
    """Nobody is at the other end any more."""


class Worker:
    """One recogniser at the end of a socket."""

    def __init__(self, connection: socket.socket, recogniser: Recogniser, faults: Faults):
        self._connection = connection
        self._recogniser = recogniser
        self._faults = faults

    def run(self) -> None:
        """Do jobs until the server is gone."""
        with contextlib.suppress(ServerGoneError, BrokenPipeError, ConnectionResetError):
            while True:
                self._take()

    def _take(self) -> None:
        text, descriptors, _, _ = socket.recv_fds(self._connection, MESSAGE_BYTES, MAX_FILES)
        if not text:
            raise ServerGoneError
        contents = [Content.received(fd, 0, os.fstat(fd).st_size) for fd in descriptors]
        if "clips" in json.loads(text):  # a cancellation may come when its job has just ended
            self._connection.send(self._answer(read_job(text, contents)))

    def _answer(self, job: Job) -> bytes:
        try:
            self._do(job)
        except CancelledJobError:
            return write(job=job.number, end=None)
        except RefusedError as error:
            return write_refusal(job.number, error)
        except (ServerGoneError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception:  # noqa: BLE001  the process edge of a job: logged with its request id
            LOGGER.exception("job failed", extra={"request_id": job.request_id})
            return write_refusal(job.number, InternalError("the engine failed; the log says why"))
        return write(job=job.number, end=None)

    def _do(self, job: Job) -> None:
        fault = self._faults if job.faulty else NO_FAULTS
        for index, clip in enumerate(job.clips):
            for step in self._recogniser.recognise(clip, fault, job.request_id):
                self._check_wanted()
                if job.partials or isinstance(step, SpokenSegment | Figures):
                    self._connection.send(write_step(job.number, index, step))

    def _check_wanted(self) -> None:
        try:
            message = self._connection.recv(MESSAGE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        if not message:
            raise ServerGoneError
        raise CancelledJobError


def main(arguments: list[str]) -> int:
    """Load, then work; the exit status."""
    # Ctrl-C goes to all of a terminal's processes; this one ends with its socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure()
    settings = read_settings(arguments[1])
    connection = socket.socket(fileno=int(arguments[0]))
    try:
        recogniser = _load(settings)
    except StartRefusedError as error:
        connection.send(write(**{FAILED: str(error)}))
        return 1
    os.nice(NICENESS)
    connection.send(write(**{LOADED: True}))
    Worker(connection, recogniser, settings.faults).run()
    return 0


def _load(settings: Settings) -> Recogniser:
    from model_server.artefact.manifest import read_manifest
    from model_server.self_test import load_recogniser

    artefact = read_manifest(Path(settings.model))
    limits = artefact.limits.max_segment_seconds
    options = StageOptions(
        artefact.sample_rate, limits, settings.vad_mode, settings.measure_quality, artefact.confidence
    )
    return load_recogniser(artefact, settings.threads, options)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
