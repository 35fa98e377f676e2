"""Sends events to one URL from a bounded queue: no request waits for it, what does not fit is counted.

Retries with growing pauses, a bounded number of times; knows nothing of what the events say.
"""

import asyncio
from collections.abc import Callable

import httpx

from model_server.events.cloud_event import CONTENT_TYPE, CloudEvent
from model_server.log import LOGGER

SENT, DROPPED, FAILED = "sent", "dropped", "failed"
OUTCOMES = (SENT, DROPPED, FAILED)
# Of one try: to connect, and to hear an answer.
TIMEOUT_SECONDS = 5.0
# Four tries within two seconds of pauses: a receiver's restart behind a Service, not an outage.
PAUSES_SECONDS = (0.25, 0.5, 1.0)
# Answers that may be others the next time; any other that is no 2xx is the receiver's last word.
RETRIED_CODES = frozenset({408, 425, 429, 500, 502, 503, 504})

Count = Callable[[str, str], None]  # an event's type, its outcome


class Outbox:
    """Events on their way to `url`; made and used on one event loop."""

    def __init__(self, url: str, capacity: int, count: Count, pauses: tuple[float, ...] = PAUSES_SECONDS):
        self._url = url
        self._count = count
        self._pauses = pauses
        self._waiting: asyncio.Queue[CloudEvent] = asyncio.Queue(capacity)
        self._sender: asyncio.Task[None] | None = None
        self._sending: CloudEvent | None = None
        self._failing = False

    def start(self) -> None:
        """Begin to send what is offered."""
        self._sender = asyncio.create_task(self._send_all())

    def offer(self, event: CloudEvent) -> bool:
        """Take the event if there is room; False, and counted, if not."""
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self._count(event.type, DROPPED)
            return False
        return True

    async def close(self, seconds: float) -> None:
        """Send what waits for at most `seconds`; the rest is dropped and counted."""
        if self._sender is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._waiting.join()
        except TimeoutError:
            LOGGER.warning("events are dropped at the end", extra={"events": self._unsent()})
        self._sender.cancel()
        await asyncio.wait([self._sender])
        if self._sending is not None:
            self._count(self._sending.type, DROPPED)
        while not self._waiting.empty():
            self._count(self._waiting.get_nowait().type, DROPPED)

    def _unsent(self) -> int:
        return self._waiting.qsize() + (self._sending is not None)

    async def _send_all(self) -> None:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            while True:
                self._sending = await self._waiting.get()
                outcome = await self._send(client, self._sending)
                self._count(self._sending.type, outcome)
                self._sending = None
                self._waiting.task_done()

    async def _send(self, client: httpx.AsyncClient, event: CloudEvent) -> str:
        body, trouble = event.body(), ""
        for pause in (*self._pauses, None):
            trouble, final = await self._try(client, body)
            if not trouble or final or pause is None:
                break
            await asyncio.sleep(pause)
        self._tell(trouble)
        return FAILED if trouble else SENT

    async def _try(self, client: httpx.AsyncClient, body: bytes) -> tuple[str, bool]:
        """What went wrong, or nothing; and whether it would again."""
        try:
            answer = await client.post(self._url, content=body, headers={"content-type": CONTENT_TYPE})
        except httpx.HTTPError as error:
            return type(error).__name__, False
        if answer.is_success:
            return "", True
        return f"it answers {answer.status_code}", answer.status_code not in RETRIED_CODES

    def _tell(self, trouble: str) -> None:
        """Log the first failure after a success, and the first success after a failure; not each."""
        if bool(trouble) != self._failing:
            self._failing = bool(trouble)
            if trouble:
                LOGGER.warning("events cannot be delivered", extra={"trouble": trouble})
            else:
                LOGGER.info("events are delivered again")
