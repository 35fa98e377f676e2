"""The states of a predictor and what each allows; readiness never depends on load.

loading ─▶ ready ─▶ draining ─▶ closed; SIGTERM leads on from any of them.
"""

import asyncio
from collections.abc import Callable
from enum import Enum

from model_server.errors import DrainingError


class State(Enum):
    """Where in its life the process is."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    CLOSED = "closed"


class Lifecycle:
    """The state now."""

    def __init__(self) -> None:
        self.state = State.LOADING
        self.engines = 0
        self._told_of_close: list[Callable[[], None]] = []
        self._change = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether new users should be sent here."""
        return self.state is State.READY and self.engines > 0

    def note_engines(self, count: int) -> None:
        """How many engine processes are there and loaded."""
        self.engines = count
        self._changed()

    def next_change(self) -> asyncio.Event:
        """What is set when the state, or the number of engines, changes the next time."""
        return self._change

    @property
    def leaving(self) -> bool:
        """Whether connections should not be kept."""
        return self.state in (State.DRAINING, State.CLOSED)

    def check_open(self) -> None:
        """Refuse a new request once the drain is over; before, it is served, while loading it waits."""
        if self.state is State.CLOSED:
            raise DrainingError("this pod is shutting down; try again", retry_after_seconds=1)

    def loaded(self) -> None:
        """The model is loaded and has passed its self-test."""
        if self.state is State.LOADING:
            self.state = State.READY
            self._changed()

    def drain(self) -> None:
        """No longer ready; requests are still served."""
        if self.state is not State.CLOSED:
            self.state = State.DRAINING
            self._changed()

    def when_closed(self, tell: Callable[[], None]) -> None:
        """Have this called at the end of the drain, to end connections that never end by themselves."""
        self._told_of_close.append(tell)

    def close(self) -> None:
        """No new request is served; those taken are finished."""
        if self.state is not State.CLOSED:
            self.state = State.CLOSED
            self._changed()
            for tell in self._told_of_close:
                tell()

    def _changed(self) -> None:
        self._change.set()
        self._change = asyncio.Event()
