"""The load's own process: `python -m bench.load PLAN` keeps a plan against a port and prints what came back.

A process of its own, so that neither the orchestrator's garbage nor its reading of /proc delays a request.
The plan and the result are JSON; the plan's times are seconds. Knows ports and paths, no subject by name.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop

from bench.accounting import NORMAL_FACTOR, PATIENCE_SECONDS, RECOVERY_LIMIT_SECONDS, Sent
from bench.arithmetic import due_seconds
from bench.http_client import Client, get, post

RETRY_SECONDS = 0.02


@dataclass(frozen=True)
class Plan:
    """What to send: a closed loop of `clients`, or an open loop of `rate` a second with readiness probes."""

    port: int
    path: str
    ready_path: str
    content_type: str
    bodies: list[str]
    order: list[int]
    duration_seconds: float
    clients: int = 0
    rate: float = 0.0
    probe_interval_seconds: float = 0.05
    recovery_clip: int = 0
    recovery_p50_seconds: float = 0.0


@dataclass
class Result:
    """What came back. `sent`, `ready` and `recovery` are lists of Sent, as dictionaries."""

    completions: list[float] = field(default_factory=list)
    sent: list[dict[str, float]] = field(default_factory=list)
    ready: list[dict[str, float]] = field(default_factory=list)
    recovery: list[dict[str, float]] = field(default_factory=list)
    failed: int = 0
    seconds: float = 0.0
    client_cpu_share: float = 0.0


class Load:
    """One plan under way."""

    def __init__(self, plan: Plan):
        self._plan = plan
        self._client = Client(plan.port)
        bodies = [Path(name).read_bytes() for name in plan.bodies]
        self._requests = [post(plan.path, plan.content_type, body) for body in bodies]
        self._ready = get(plan.ready_path)
        self._began = 0.0
        self._result = Result()

    async def run(self) -> Result:
        """Keep the plan; `client_cpu_share` is of one core, this process's start not counted."""
        used, self._began = _processor_seconds(), time.monotonic()
        await (self._closed() if self._plan.clients else self._open())
        self._result.seconds = self._now()
        self._result.client_cpu_share = (_processor_seconds() - used) / self._result.seconds
        self._client.close()
        return self._result

    def _now(self) -> float:
        return time.monotonic() - self._began

    async def _closed(self) -> None:
        """Each client sends its next clip when the last is answered; completions count from the start."""
        order = iter(self._plan.order)

        async def client() -> None:
            while self._now() < self._plan.duration_seconds:
                answer = await self._client.ask(self._requests[next(order)], PATIENCE_SECONDS)
                if answer.status == 200:
                    self._result.completions.append(self._now())
                else:
                    self._result.failed += 1
                    await asyncio.sleep(RETRY_SECONDS)

        await asyncio.gather(*(client() for _ in range(self._plan.clients)))

    async def _open(self) -> None:
        plan = self._plan
        probes = asyncio.create_task(
            self._keep(1 / plan.probe_interval_seconds, self._probe, self._result.ready)
        )
        users = asyncio.create_task(self._keep(plan.rate, self._transcribe, self._result.sent))
        await asyncio.sleep(max(0.0, plan.duration_seconds - self._now()))
        await self._recover()
        await asyncio.gather(probes, users)

    async def _keep(
        self, rate: float, send: Callable[[int], Awaitable[int]], into: list[dict[str, float]]
    ) -> None:
        """Send when due, whatever is still unanswered; latency counts from the time it was due."""

        async def one(index: int, due: float) -> None:
            late = self._now() - due
            status = await send(index)
            into.append(asdict(Sent(due, self._now() - due, status, late)))

        tasks = []
        for index, due in enumerate(due_seconds(rate, self._plan.duration_seconds)):
            await asyncio.sleep(max(0.0, due - self._now()))
            tasks.append(asyncio.create_task(one(index, due)))
        await asyncio.gather(*tasks)

    async def _transcribe(self, index: int) -> int:
        request = self._requests[self._plan.order[index]]
        return (await self._client.ask(request, PATIENCE_SECONDS)).status

    async def _probe(self, index: int) -> int:
        return (await self._client.ask_anew(self._ready, PATIENCE_SECONDS)).status

    async def _recover(self) -> None:
        """One request after the other from the load's end on, until one takes no longer than usual."""
        request, end = self._requests[self._plan.recovery_clip], self._now()
        while (sent := self._now() - end) < RECOVERY_LIMIT_SECONDS:
            answer = await self._client.ask(request, PATIENCE_SECONDS)
            latency = self._now() - end - sent
            self._result.recovery.append(asdict(Sent(sent, latency, answer.status)))
            if answer.status == 200 and latency <= NORMAL_FACTOR * self._plan.recovery_p50_seconds:
                return
            await asyncio.sleep(RETRY_SECONDS)


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(plan_file: str) -> None:
    """Keep the plan in a file and print its result."""
    plan = Plan(**json.loads(Path(plan_file).read_text(encoding="utf-8")))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(Load(plan).run())
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
