"""Who gets an engine next: those who wait, first come, first served; knows nothing of what an engine is."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

from model_server.errors import DrainingError

Taken = TypeVar("Taken")


class Turns(Generic[Taken]):
    """Things that have a place, and those who wait for one; to be used from the event loop's thread.

    Who takes one gets the thing with the most places.
    """

    def __init__(self) -> None:
        self._idle: deque[Taken] = deque()
        self._waiting: deque[asyncio.Future[Taken]] = deque()
        self._stopped = False

    def offer(self, thing: Taken) -> None:
        """This one has a place, or one place more."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(thing)
                return
        self._idle.append(thing)

    def withdraw(self, thing: Taken) -> None:
        """This one has no place any more, whether it had or not."""
        self._idle = deque(other for other in self._idle if other is not thing)

    async def take(self) -> Taken:
        """One with a place, which is taken; DrainingError once stopped."""
        if self._stopped:
            raise _stopped()
        if self._idle:
            thing = max(self._idle, key=self._idle.count)
            self._idle.remove(thing)
            return thing
        waiter: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.offer(waiter.result())
            raise

    def stop(self) -> None:
        """Refuse those who wait, and whoever comes."""
        self._stopped = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(_stopped())


def _stopped() -> DrainingError:
    return DrainingError("this pod has stopped; try again", retry_after_seconds=1)
