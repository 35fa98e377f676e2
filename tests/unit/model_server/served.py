"""A service with one engine that is a thread of the test, and requests to it."""

import asyncio

from model_server.account import Account
from model_server.faults import NO_FAULTS
from model_server.inference.pool import EnginePool
from model_server.lifecycle import Lifecycle
from model_server.metrics import Metrics
from model_server.pipeline import Recogniser, StageOptions
from model_server.service import QueueLimits, Service

from .threaded_engine import threaded_engine

STAGES = StageOptions(16_000, 24, 1)


def served(
    work,
    engine,
    registry,
    faults=NO_FAULTS,
    queue_seconds=60.0,
    deadline_seconds=30.0,
    caller_seconds=None,
    loaded=None,
    places=1,
):
    """What `work(service)` comes to on a service with these options."""

    def start():
        return threaded_engine(Recogniser(engine, STAGES), faults, loaded)

    async def run():
        pool = EnginePool([start()], start, places)
        limits = QueueLimits(queue_seconds, deadline_seconds, caller_seconds)
        service = Service(pool, Metrics(registry), Lifecycle(), faults, limits)
        loading = asyncio.create_task(service.load())
        if loaded is None:
            await loading
        try:
            return await work(service)
        finally:
            await loading
            pool.close()

    return asyncio.run(run())


def account(traffic="user", **fields):
    return Account("r", traffic, **fields)


def several(service, clip, count, **fields):
    return asyncio.gather(
        *(service.transcribe([clip], account(**fields)) for _ in range(count)), return_exceptions=True
    )
