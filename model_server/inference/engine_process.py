"""The server's end of one engine process: starts it, gives it a job, hears what it comes to.

Everything happens on the event loop's thread. Knows nothing of other engine processes.
"""

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from model_server.errors import EngineLostError, InternalError
from model_server.inference.messages import (
    CANCEL,
    END,
    FAILED,
    LOADED,
    Job,
    Progress,
    read_message,
    read_refusal,
    read_step,
    write,
    write_job,
)
from model_server.inference.settings import MESSAGE_BYTES

Read = TypeVar("Read")
# A job that takes this long, and this much for each second of audio, hangs: above the longest fault and the
# slowest engine that is waited for. One that is cancelled has a step to finish, and no audio.
HANGS_AFTER_SECONDS, HANGS_AFTER_RATIO = 120.0, 2.0


# An answer of a job, None once there will be none.
Answers = asyncio.Queue[dict[str, Any] | None]


@dataclass
class Running:
    """A job in the process's hands: what it comes to, when it hangs, if it may be to blame for a death."""

    answers: Answers = field(default_factory=asyncio.Queue)
    watch: asyncio.TimerHandle | None = None
    to_blame: bool = True


class Owner(Protocol):
    """Who is told of what becomes of an engine process."""

    def note_loaded(self, engine: "EngineProcess", failure: str | None) -> None:
        """It has loaded its model, or could not."""
        ...

    def note_idle(self, engine: "EngineProcess") -> None:
        """It can take one more job."""
        ...

    def note_death(self, engine: "EngineProcess") -> None:
        """It is no more."""
        ...


class Process(Protocol):
    """What is asked of the process behind the socket; subprocess.Popen is one."""

    pid: int

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; subprocess.TimeoutExpired when it takes longer."""
        ...

    def kill(self) -> None:
        """End it now."""
        ...


class EngineProcess:
    """One process at the other end of a socket."""

    def __init__(self, process: Process, connection: socket.socket):
        self._process = process
        self._socket = connection
        self._jobs: dict[int, Running] = {}
        self._failure = "the engine process died at this request; another takes its place"
        self.alive = True

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def report_to(self, owner: Owner) -> None:
        """Listen to it on the running loop."""
        self._owner = owner
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    async def run(self, job: Job) -> AsyncGenerator[Progress, None]:
        """What the job comes to, step by step; a RefusedError where it is refused.

        An EngineLostError is raised where the process died and another job, or none, may be to blame.
        Leaving the iteration early cancels the job. Either way the owner hears when the process can take
        another. It may have other jobs at the same time.
        """
        text, descriptors = write_job(job)
        running = self._jobs[job.number] = Running()
        seconds = HANGS_AFTER_SECONDS + HANGS_AFTER_RATIO * sum(clip.seconds for clip in job.clips)
        self._end_within(seconds, running)
        try:
            self._send(text, descriptors, running)
            while END not in (answer := await self._answer(running)):
                yield self._understood(read_step, answer)
        finally:
            self._cancel_unless_ended(job.number)
        refusal = self._understood(read_refusal, answer)
        if refusal is not None:
            raise refusal

    def close(self) -> None:
        """Let it end, which it does after its present step."""
        if self.alive:
            asyncio.get_running_loop().remove_reader(self._socket)
        for running in self._jobs.values():
            _unwatch(running)
        self.alive = False
        self._socket.close()

    def wait(self, seconds: float) -> int:
        """Its exit status; it is killed after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    async def _answer(self, running: Running) -> dict[str, Any]:
        answer = await running.answers.get()
        if answer is None:
            raise InternalError(self._failure) if running.to_blame else EngineLostError(self._failure)
        return answer

    def _understood(self, read: Callable[[dict[str, Any]], Read], answer: dict[str, Any]) -> Read:
        """What an answer says; a process that answers nonsense is ended."""
        try:
            return read(answer)
        except InternalError:
            self._process.kill()
            raise

    def _send(self, text: bytes, descriptors: list[int], running: Running) -> None:
        try:
            socket.send_fds(self._socket, [text], descriptors)
        except (BrokenPipeError, ConnectionResetError):
            running.to_blame = False
            self._end()

    def _cancel_unless_ended(self, number: int) -> None:
        if number in self._jobs and self.alive:
            self._end_within(HANGS_AFTER_SECONDS, self._jobs[number])
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._socket.send(write(**{CANCEL: number}))

    def _end_within(self, seconds: float, running: Running) -> None:
        """Kill it then, unless the job has ended, whoever still waits for that."""
        _unwatch(running)
        running.watch = asyncio.get_running_loop().call_later(seconds, self._kill_hung, seconds)

    def _kill_hung(self, seconds: float) -> None:
        self._failure = f"the engine did not finish this request in {seconds:.0f} s; another takes its place"
        self._process.kill()

    def _read(self) -> None:
        try:
            text = self._socket.recv(MESSAGE_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:
            text = b""
        if not text:
            self._end()
            return
        try:
            message = read_message(text)
        except InternalError:
            self._process.kill()
            self._end()
            return
        if LOADED in message or FAILED in message:
            self._owner.note_loaded(self, message.get(FAILED))
            return
        number = message.get("job")
        if not isinstance(number, int) or number not in self._jobs:
            return
        running = self._jobs[number]
        running.answers.put_nowait(message)
        if END in message:
            del self._jobs[number]
            _unwatch(running)
            self._owner.note_idle(self)

    def _end(self) -> None:
        if not self.alive:
            return
        self.close()
        for running in self._jobs.values():
            running.to_blame = running.to_blame and len(self._jobs) == 1
            running.answers.put_nowait(None)
        self._owner.note_death(self)


def _unwatch(running: Running) -> None:
    if running.watch is not None:
        running.watch.cancel()
