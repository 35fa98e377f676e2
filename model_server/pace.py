"""How slowly a body may come in, whatever the protocol; knows nothing of routes, sizes or contents."""

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model_server.errors import SlowUploadError

# Slower on the whole is nobody's speech: Opus at its least is 6 kbit/s, three times this.
MIN_BYTES_PER_SECOND = 250


@dataclass
class Pace:
    """When the next piece of a body must be there; times are in seconds of one clock."""

    idle_seconds: float
    began: float
    received_bytes: int = 0

    def due(self, now: float) -> float:
        """The time by which more must have come: after no longer pause, and no lower rate since the start."""
        by_rate = self.began + self.idle_seconds + self.received_bytes / MIN_BYTES_PER_SECOND
        return min(now + self.idle_seconds, by_rate)


class PacedUploads:
    """An ASGI application around another, which gets a SlowUploadError where it waits for a body too slow."""

    def __init__(self, app: ASGIApp, idle_seconds: float):
        self._app = app
        self._idle_seconds = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's event, http or other."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        clock = asyncio.get_running_loop().time
        pace = Pace(self._idle_seconds, clock())
        whole = False

        async def receive_in_time() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(pace.due(clock())):
                    message = await receive()
            except TimeoutError:
                raise SlowUploadError(
                    f"{pace.received_bytes} bytes of the body came in {clock() - pace.began:.1f} s; pauses "
                    f"must be below {self._idle_seconds:g} s, the rate at least {MIN_BYTES_PER_SECOND} B/s"
                ) from None
            pace.received_bytes += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)
