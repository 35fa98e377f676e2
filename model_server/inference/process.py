"""An engine process: `python -m model_server.inference.process FD SETTINGS`, started by the pool alone.

It loads a recogniser, says so, and then does jobs, a step of each in turn; whatever untrusted bytes do to a
decoder they do here. How many it is given at a time is the server's matter. The end of the socket is the end
of the process.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path

from model_server.content import Content
from model_server.errors import InternalError, RefusedError, StartRefusedError
from model_server.faults import NO_FAULTS, Faults
from model_server.inference.messages import (
    CANCEL,
    FAILED,
    LOADED,
    Job,
    read_job,
    write,
    write_refusal,
    write_step,
)
from model_server.inference.settings import MESSAGE_BYTES, Settings, read_settings
from model_server.log import LOGGER, configure
from model_server.pipeline import Figures, Recogniser, StageOptions
from model_server.transcript import SpokenSegment

MAX_FILES = 64
# Below the server, which must refuse and say that it is alive while every core is busy with engines: at twice
# the capacity p99 of refusals was 8 ms with it and 13 without, that of answers 0.50 s and 0.80.
NICENESS = 5


class ServerGoneError(Exception):
    """Nobody is at the other end any more."""


class Worker:
    """One recogniser at the end of a socket, and the jobs in its hands, by their numbers."""

    def __init__(self, connection: socket.socket, recogniser: Recogniser, faults: Faults):
        self._connection = connection
        self._recogniser = recogniser
        self._faults = faults
        self._jobs: dict[int, tuple[Job, Generator[bytes | None]]] = {}

    def run(self) -> None:
        """Do jobs until the server is gone."""
        with contextlib.suppress(ServerGoneError, BrokenPipeError, ConnectionResetError):
            while True:
                self._listen()
                for number in list(self._jobs):
                    self._advance(number)
                # In turns: who comes first pays for a step that an engine takes for both.
                self._jobs = dict(reversed(self._jobs.items()))

    def _listen(self) -> None:
        """Hear what the server wants, waiting for it where there is nothing to do."""
        # Asked beforehand, as socket.recv_fds does not pass on that it must not wait.
        while not self._jobs or select.select([self._connection], [], [], 0)[0]:
            text, descriptors, _, _ = socket.recv_fds(self._connection, MESSAGE_BYTES, MAX_FILES)
            if not text:
                raise ServerGoneError
            contents = [Content.received(fd, 0, os.fstat(fd).st_size) for fd in descriptors]
            message = json.loads(text)
            if CANCEL in message:
                self._cancel(message[CANCEL])
            else:
                job = read_job(text, contents)
                self._jobs[job.number] = job, self._answers(job)

    def _cancel(self, number: int) -> None:
        """Give a job up; one that has just ended is no more."""
        if number in self._jobs:
            _, answers = self._jobs.pop(number)
            answers.close()
            self._connection.send(write(job=number, end=None))

    def _advance(self, number: int) -> None:
        """One step of a job, and its end after the last."""
        job, answers = self._jobs[number]
        try:
            answer = next(answers)
            if answer is not None:
                self._connection.send(answer)
            return
        except StopIteration:
            end = write(job=number, end=None)
        except RefusedError as error:
            end = write_refusal(number, error)
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception:  # noqa: BLE001  the process edge of a job: logged with its request id
            LOGGER.exception("job failed", extra={"request_id": job.request_id})
            end = write_refusal(number, InternalError("the engine failed; the log says why"))
        del self._jobs[number]
        self._connection.send(end)

    def _answers(self, job: Job) -> Generator[bytes | None]:
        """What to tell after each step, None where that is nothing."""
        fault = self._faults if job.faulty else NO_FAULTS
        for index, clip in enumerate(job.clips):
            for step in self._recogniser.recognise(clip, fault, job.request_id, job.alone):
                if step is not None and (job.partials or isinstance(step, SpokenSegment | Figures)):
                    yield write_step(job.number, index, step)
                else:
                    yield None


def main(arguments: list[str]) -> int:
    """Load, then work; the exit status."""
    # Ctrl-C goes to all of a terminal's processes, SIGTERM may go to a group; this one ends with its socket.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
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
