"""The engine processes of a server: loaded together, given jobs in turns, replaced when they die.

Knows nothing of HTTP, of queues in seconds, or of metrics.
"""

import asyncio
from collections.abc import Callable, Sequence

from model_server.errors import EngineStartError
from model_server.inference.engine_process import EngineProcess
from model_server.inference.turns import Turns
from model_server.log import LOGGER

FIRST_RESTART_SECONDS, MAX_RESTART_SECONDS = 0.5, 30.0
# An engine's longest step is that of an encoder; a process told to end is not waited for longer.
END_SECONDS = 5.0


class EnginePool:
    """Engine processes that are alike: the first ones, and those that `start` makes in their places.

    Each has as many `places`, for a job each.
    """

    def __init__(
        self,
        engines: Sequence[EngineProcess],
        start: Callable[[], EngineProcess],
        places: int = 1,
    ):
        self._start = start
        self._places = places
        self._engines = list(engines)
        self._loaded: set[EngineProcess] = set()
        self._turns: Turns[EngineProcess] = Turns()
        self._all_loaded: asyncio.Future[None] | None = None
        self._restart_seconds = FIRST_RESTART_SECONDS
        self._restarts: set[asyncio.Task[None]] = set()
        self._stopped = False
        self.on_change: Callable[[int], None] = lambda loaded: None
        self.on_restart: Callable[[], None] = lambda: None

    @property
    def size(self) -> int:
        """How many processes there should be."""
        return len(self._engines)

    @property
    def places(self) -> int:
        """How many jobs they can have at a time."""
        return self.size * self._places

    async def load(self) -> None:
        """Wait until every process has its model; EngineStartError where one cannot have it."""
        self._all_loaded = asyncio.get_running_loop().create_future()
        for engine in self._engines:
            engine.report_to(self)
        await self._all_loaded

    async def turn(self) -> EngineProcess:
        """A process with a place for a job, in order of asking; DrainingError once stopped."""
        while True:
            engine = await self._turns.take()
            if engine.alive:
                return engine

    def stop(self) -> None:
        """Give up what has not begun."""
        self._stopped = True
        self._turns.stop()
        for task in self._restarts:
            task.cancel()

    def close(self) -> None:
        """End the processes."""
        self.stop()
        for engine in self._engines:
            engine.close()
        for engine in self._engines:
            # One that is still loading looks at its socket only afterwards, and has nothing to finish.
            engine.wait(END_SECONDS if engine in self._loaded else 0)

    def note_loaded(self, engine: EngineProcess, failure: str | None) -> None:
        """A process has loaded its model, or could not."""
        first = self._all_loaded
        if failure is not None:
            LOGGER.error("an engine process could not load its model: %s", failure, extra={"pid": engine.pid})
            if first is not None and not first.done():
                first.set_exception(EngineStartError(failure))
            return
        self._loaded.add(engine)
        self._restart_seconds = FIRST_RESTART_SECONDS
        self.on_change(len(self._loaded))
        for _ in range(self._places):
            self.note_idle(engine)
        if first is not None and not first.done() and len(self._loaded) == self.size:
            first.set_result(None)

    def note_idle(self, engine: EngineProcess) -> None:
        """A process can take one more job."""
        self._turns.offer(engine)

    def note_death(self, engine: EngineProcess) -> None:
        """A process is no more; another takes its place."""
        self._loaded.discard(engine)
        self._turns.withdraw(engine)
        self.on_change(len(self._loaded))
        if self._stopped:
            return
        first = self._all_loaded
        if first is not None and not first.done():
            first.set_exception(EngineStartError("an engine process died while it loaded the model"))
        if first is None or first.exception() is None:
            task = asyncio.create_task(self._replace(engine))
            self._restarts.add(task)
            task.add_done_callback(self._restarts.discard)

    async def _replace(self, dead: EngineProcess) -> None:
        status = await asyncio.to_thread(dead.wait, END_SECONDS)
        about = {"pid": dead.pid, "status": status, "restart_seconds": self._restart_seconds}
        LOGGER.error("an engine process died; another takes its place", extra=about)
        self.on_restart()
        engine = await self._started()
        self._engines[self._engines.index(dead)] = engine
        engine.report_to(self)

    async def _started(self) -> EngineProcess:
        """Another process, however often the machine has no room for one; each wait is twice the last."""
        while True:
            await asyncio.sleep(self._restart_seconds)
            self._restart_seconds = min(self._restart_seconds * 2, MAX_RESTART_SECONDS)
            try:
                return self._start()
            except OSError as error:
                about = {"restart_seconds": self._restart_seconds}
                LOGGER.error("an engine process cannot be started: %s", error, extra=about)
