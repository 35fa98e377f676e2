"""One realtime session on its socket: reading, transcribing and sending, beside each other until it ends.

What events mean is realtime_session's; how a session is let in is realtime's.
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from model_server.account import Account
from model_server.errors import RefusedError
from model_server.log import LOGGER
from model_server.protocols.realtime_audio import Utterance
from model_server.protocols.realtime_ear import Ear
from model_server.protocols.realtime_events import Event
from model_server.protocols.realtime_session import Output, RealtimeSession

# Events that wait for a slow reader; a second of speech makes about one.
MAX_UNSENT_EVENTS = 256
# Committed audio that waits for its transcript; nothing is read meanwhile, so TCP holds the client back.
MAX_BACKLOG_SECONDS = 30.0
# So many of a client's events may be wrong before it is taken for one that will never get it right.
MAX_REFUSED_EVENTS = 20
# How long the last events may take to leave.
CLOSE_SECONDS = 5.0


@dataclass(frozen=True)
class Ending:
    """Why a session ended: the metric's word, the close code (RFC 6455, 7.4), the sentence.

    `finishes` says whether what was spoken is transcribed before.
    """

    name: str
    code: int
    sentence: str
    finishes: bool = False


LEFT = Ending("client", 1000, "the client left")
SLOW = Ending("slow", 1008, f"{MAX_UNSENT_EVENTS} events wait to be read")
WRONG = Ending("errors", 1008, f"more than {MAX_REFUSED_EVENTS} events were wrong")
IDLE = Ending("idle", 1008, "nothing was sent for too long", finishes=True)
EXPIRED = Ending("expired", 1000, "the session has lasted as long as one may", finishes=True)
DRAINED = Ending("drained", 1001, "this pod is shutting down; connect again", finishes=True)
BROKEN = Ending("internal", 1011, "internal error; the log has it under the session's id")
ENDINGS = (LEFT, SLOW, WRONG, IDLE, EXPIRED, DRAINED, BROKEN)


@dataclass(frozen=True)
class Patience:
    """How long a session may last, be silent, and take to finish what was spoken, in seconds."""

    session_seconds: float
    idle_seconds: float
    finish_seconds: float


class RealtimeConnection:
    """The session of one client, until it ends."""

    def __init__(self, websocket: WebSocket, session: RealtimeSession, ear: Ear, patience: Patience):
        self._websocket = websocket
        self._session = session
        self._ear = ear
        self._patience = patience
        self._outbox: asyncio.Queue[Event] = asyncio.Queue()
        self._backlog: asyncio.Queue[tuple[Utterance, Account]] = asyncio.Queue()
        self._unheard_seconds: deque[float] = deque()  # of each utterance in the backlog, or in work
        self._room = asyncio.Event()
        self._room.set()
        self._partial: asyncio.Task[None] | None = None
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    def end(self, ending: Ending) -> None:
        """Let the session end so; the first who says it is obeyed."""
        if not self._ending.done():
            self._ending.set_result(ending)

    async def run(self) -> Ending:
        """Serve the client; how it ended, the socket closed and nothing left to do."""
        try:
            ending = await self._serve()
        except Exception:  # noqa: BLE001  the process edge of a session
            ending = BROKEN
            LOGGER.exception("session failed", extra={"session": self._session.session_id})
        finally:
            while not self._backlog.empty():
                self._ear.lose(self._backlog.get_nowait()[1])
        if ending is not LEFT:
            await self._close(ending)
        return ending

    async def _serve(self) -> Ending:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._tell([self._session.created()])
            reading = tasks.create_task(self._read())
            working = [tasks.create_task(self._transcribe()), tasks.create_task(self._send())]
            try:
                async with asyncio.timeout(self._patience.session_seconds):
                    ending = await asyncio.shield(self._ending)
            except TimeoutError:
                ending = EXPIRED
            reading.cancel()
            if ending not in (LEFT, SLOW):
                await self._finish(ending, working)
            for task in (*working, *([self._partial] if self._partial else [])):
                task.cancel()
        return ending

    async def _finish(self, ending: Ending, working: Iterable[asyncio.Task[None]]) -> None:
        """Transcribe what was spoken, if the ending has time for it, and let the last events leave."""
        if ending.finishes:
            self._pass_on(self._session.finish())
            await self._unless_done(working, self._backlog.join(), self._patience.finish_seconds)
        self._tell([self._session.ended(ending.name, ending.sentence)])
        await self._unless_done(working, self._outbox.join(), CLOSE_SECONDS)

    @staticmethod
    async def _unless_done(
        working: Iterable[asyncio.Task[None]], work: Coroutine[Any, Any, None], seconds: float
    ) -> None:
        """Wait for the work, for so long at most, and only while those are working who do it."""
        waiting = asyncio.ensure_future(work)
        await asyncio.wait((waiting, *working), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _read(self) -> None:
        while True:
            await self._room.wait()
            try:
                async with asyncio.timeout(self._patience.idle_seconds):
                    message = await self._websocket.receive()
            except TimeoutError:
                if self._unheard_seconds:
                    continue
                return self.end(IDLE)
            if message["type"] == "websocket.disconnect":
                return self.end(LEFT)
            text = message.get("text")
            self._pass_on(self._session.receive(message["bytes"] if text is None else text))
            if self._session.refused_events > MAX_REFUSED_EVENTS:
                return self.end(WRONG)
            self._ask_for_partial()
            # A flood of events in one packet is read without a pause; others have sessions, too.
            await asyncio.sleep(0)

    def _pass_on(self, outputs: Iterable[Output]) -> None:
        """Events go to the client, utterances to be transcribed, which makes one of a part needless."""
        for output in outputs:
            if not isinstance(output, Utterance):
                self._tell([output])
                continue
            if self._partial is not None:
                self._partial.cancel()
            self._backlog.put_nowait((output, self._ear.commit(output)))
            self._unheard_seconds.append(output.seconds)
            if sum(self._unheard_seconds) > MAX_BACKLOG_SECONDS:
                self._room.clear()

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self._outbox.put_nowait(event)
        if self._outbox.qsize() > MAX_UNSENT_EVENTS:
            self.end(SLOW)

    async def _send(self) -> None:
        try:
            while True:
                event = await self._outbox.get()
                await self._websocket.send_text(json.dumps(event))
                self._outbox.task_done()
        except WebSocketDisconnect:
            self.end(LEFT)

    async def _transcribe(self) -> None:
        """One utterance after another, in their order."""
        while True:
            utterance, account = await self._backlog.get()
            self._tell(await self._final(utterance, account))
            self._unheard_seconds.popleft()
            if sum(self._unheard_seconds) <= MAX_BACKLOG_SECONDS:
                self._room.set()
            self._backlog.task_done()

    async def _final(self, utterance: Utterance, account: Account) -> list[Event]:
        try:
            transcript, judgement = await self._ear.final(utterance, account)
        except RefusedError as error:
            return [self._session.failed(utterance, error.reason, error.sentence)]
        return self._session.completed(utterance, transcript, judgement)

    def _ask_for_partial(self) -> None:
        """A transcript of the speech under way: one at a time, and only where nobody waits for better."""
        if self._partial is not None and not self._partial.done():
            return
        if self._unheard_seconds or not self._ear.spare:
            return
        utterance = self._session.partial()
        if utterance is not None:
            self._partial = self._tasks.create_task(self._hear(utterance))

    async def _hear(self, utterance: Utterance) -> None:
        began = time.monotonic()
        with contextlib.suppress(RefusedError):  # counted where it was raised; there will be another
            hypothesis = await self._ear.partial(utterance)
            took_seconds = time.monotonic() - began
            self._tell(self._session.heard(utterance.item_id, hypothesis, took_seconds))

    async def _close(self, ending: Ending) -> None:
        # A client that reads nothing cannot be told; its socket is reset (realtime_socket).
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(ending.code, ending.sentence)
