"""The run: rounds in which every subject is started, measured and ended, in random order; writes raw results.

Each subject has the machine to itself. A bare engine waits beside it, silently, so that a request and the
same clip on the engine alone are measured within a tenth of a second of one another. Judges nothing.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.arithmetic import percentile, rate, within
from bench.clips import Clip, decks, mean_seconds
from bench.errors import SubjectError
from bench.http_client import post
from bench.load import Plan
from bench.options import Options
from bench.server import Server, free_port, running
from bench.subjects import (
    BARE_PROCESSES,
    BARE_THREADS,
    ONE_PROCESS,
    OURS,
    Subject,
    environment,
    queue_seconds,
)
from bench.yardstick import BareEngine

CLIENTS = 4
CONTENT_TYPE = "audio/wav"
PEER_FACTORS, OUR_FACTORS = (2.0,), (2.0, 5.0)
# No clip is answered in less: the longest order that a load can use up.
FASTEST_SECONDS = 0.005

Record = Callable[..., None]


@dataclass(frozen=True)
class Steady:
    """What a subject did unhurried, in this round."""

    unloaded_p50: float
    recovery_clip: int
    clips_a_second: float


class Rounds:
    """All rounds of one run; `record` gets each result as it comes."""

    def __init__(self, options: Options, clips: list[Clip], bare: BareEngine, record: Record):
        self._options = options
        self._timing = options.timing
        self._clips = clips
        self._bare = bare
        self._record = record
        self._requests: dict[str, list[bytes]] = {}

    def run(self, say: Callable[[str], None]) -> None:
        """Every round; a subject that fails is recorded as failed and the run goes on."""
        for number in range(1, self._timing.rounds + 1):
            for name, measure in self._shuffled(number):
                say(f"round {number}/{self._timing.rounds}: {name}")
                try:
                    measure(number)
                except SubjectError as error:
                    self._record(number, name, "failed", sentence=str(error))
                    say(f"failed: {name}: {error}")

    def _shuffled(self, number: int) -> list[tuple[str, Callable[[int], None]]]:
        measures: list[tuple[str, Callable[[int], None]]] = []
        if self._wants("saturation", "overload"):
            # The yardstick twice: each ratio of the round stands on it.
            measures += [(BARE_THREADS, self._bare_threads)] * 2 + [(BARE_PROCESSES, self._bare_processes)]
        if self._wants("start") and any(subject.ours for subject in self._options.subjects):
            measures.append((ONE_PROCESS.name, self._one_process))
        measures += [(subject.name, self._of(subject)) for subject in self._options.subjects]
        random.Random(self._options.seed * 1000 + number).shuffle(measures)  # noqa: S311  an order, no secret
        return measures

    def _of(self, subject: Subject) -> Callable[[int], None]:
        return lambda number: self._measure(subject, number)

    def _wants(self, *measures: str) -> bool:
        return any(measure in self._options.measures for measure in measures)

    def _bare_threads(self, number: int) -> None:
        timing = self._timing
        speed = self._bare.two_threads(timing.saturation_seconds, timing.warm_seconds, self._order(number))
        self._record(number, BARE_THREADS, "saturation", clips_a_second=speed)

    def _bare_processes(self, number: int) -> None:
        timing = self._timing
        speed = self._bare.two_processes(timing.saturation_seconds, timing.warm_seconds, self._order(number))
        self._record(number, BARE_PROCESSES, "saturation", clips_a_second=speed)

    def _one_process(self, number: int) -> None:
        with self._running(ONE_PROCESS, number) as server:
            self._started(ONE_PROCESS, number, server)

    def _measure(self, subject: Subject, number: int) -> None:
        if not self._wants("start", "overhead", "saturation", "overload"):
            return
        with self._running(subject, number) as server:
            self._started(subject, number, server)
            if not self._wants("overhead", "saturation", "overload"):
                return
            steady = self._steady(subject, number, server)
            if self._overloads(subject, number) and not subject.bounded:
                self._overload(subject, number, server, steady)
        if self._overloads(subject, number) and subject.bounded:
            held = queue_seconds(steady.clips_a_second * mean_seconds(self._clips))
            with self._running(subject, number, ("--queue-seconds", f"{held:.2f}")) as server:
                self._warm(subject, server, number)
                self._overload(subject, number, server, steady, held)

    def _overloads(self, subject: Subject, number: int) -> bool:
        if not self._wants("overload"):
            return False
        return subject.name == OURS if subject.ours else number <= self._timing.peer_overload_rounds

    def _running(self, subject: Subject, number: int, extra: tuple[str, ...] = ()) -> Any:
        port, options = free_port(), self._options
        command = subject.full_command(port, options.model, options.predictor_python, extra)
        log = options.out / "logs" / f"{subject.name}-{number}{'-bounded' if extra else ''}.log"
        around = environment(port, options.model, options.out, os.environ)
        return running(command, around, port, subject.ready_path, log)

    def _started(self, subject: Subject, number: int, server: Server) -> None:
        memory = asdict(server.memory())
        self._record(number, subject.name, "start", seconds=server.start_seconds, memory=memory)

    def _steady(self, subject: Subject, number: int, server: Server) -> Steady:
        """Overhead with one client, then saturation with four."""
        self._warm(subject, server, number)
        overhead = self._overhead(subject, number, server)
        result = self._load(self._plan(subject, server, number, clients=CLIENTS))
        # Clients that finish their last clip have no company any more: nothing after the time counts.
        timing = self._timing
        end = timing.warm_seconds + timing.saturation_seconds - 0.1
        completions = within(result["completions"], timing.warm_seconds, end)
        if len(completions) < CLIENTS:
            raise SubjectError(
                f"{subject.name} answered {len(completions)} requests of {CLIENTS} clients, and "
                f"{result['failed']} otherwise than 200"
            )
        speed = rate(completions)
        self._record(
            number,
            subject.name,
            "saturation",
            clips_a_second=speed,
            failed=result["failed"],
            client_cpu_share=result["client_cpu_share"],
        )
        usual = percentile(overhead, 50)
        nearest = min(range(len(overhead)), key=lambda clip: abs(overhead[clip] - usual))
        return Steady(usual, nearest, speed)

    def _warm(self, subject: Subject, server: Server, number: int) -> None:
        plan = self._plan(subject, server, number, clients=CLIENTS)
        self._load(replace(plan, duration_seconds=self._timing.warm_seconds))

    def _overhead(self, subject: Subject, number: int, server: Server) -> list[float]:
        """Each clip through the server and on the engine alone, in random order; the requests' seconds."""
        order = random.Random(self._options.seed * 100 + number)  # noqa: S311  an order, no secret
        numbers = list(range(min(self._timing.overhead_clips, len(self._clips))))
        request_seconds, engine_seconds, same = [0.0] * len(numbers), [0.0] * len(numbers), 0
        for clip in order.sample(numbers, len(numbers)):
            first = order.random() < 0.5
            if first:
                engine_seconds[clip], text = self._bare.hear(clip)
            request_seconds[clip], status, body = server.ask(self._request(subject, clip))
            if not first:
                engine_seconds[clip], text = self._bare.hear(clip)
            if status != 200:
                raise SubjectError(
                    f"{subject.name} answered {status} to {self._clips[clip].name}: {body[:200]!r}"
                )
            same += json.dumps(text).encode()[1:-1] in body
        server.leave()
        self._record(
            number,
            subject.name,
            "overhead",
            request_seconds=request_seconds,
            engine_seconds=engine_seconds,
            same_text=same,
        )
        return request_seconds

    def _overload(
        self, subject: Subject, number: int, server: Server, steady: Steady, held: float | None = None
    ) -> None:
        for factor in OUR_FACTORS if subject.ours else PEER_FACTORS:
            before = asdict(server.memory())
            plan = self._plan(
                subject,
                server,
                number,
                rate=factor * steady.clips_a_second,
                recovery_clip=steady.recovery_clip,
                recovery_p50_seconds=steady.unloaded_p50,
            )
            result = self._load(plan)
            self._record(
                number,
                subject.name,
                "overload",
                factor=factor,
                rate=plan.rate,
                duration_seconds=plan.duration_seconds,
                clips_a_second=steady.clips_a_second,
                unloaded_p50=steady.unloaded_p50,
                queue_seconds=held,
                memory_before=before,
                memory_after=asdict(server.memory()),
                **result,
            )

    def _plan(self, subject: Subject, server: Server, number: int, **asked: Any) -> Plan:
        timing = self._timing
        seconds = timing.warm_seconds + timing.saturation_seconds
        if "rate" in asked:
            seconds = timing.ours_overload_seconds if subject.ours else timing.overload_seconds
        return Plan(
            port=server.port,
            path=subject.path,
            ready_path=subject.ready_path,
            content_type=CONTENT_TYPE,
            bodies=[str(clip.path) for clip in self._clips],
            order=self._order(number, seconds * asked.get("rate", 0.0)),
            duration_seconds=seconds,
            **asked,
        )

    def _order(self, number: int, requests: float = 0.0) -> list[int]:
        closed = (self._timing.warm_seconds + self._timing.saturation_seconds) / FASTEST_SECONDS
        return decks(len(self._clips), self._options.seed + number, round(max(requests, closed)) + CLIENTS)

    def _request(self, subject: Subject, clip: int) -> bytes:
        if subject.path not in self._requests:
            bodies = [one.path.read_bytes() for one in self._clips]
            self._requests[subject.path] = [post(subject.path, CONTENT_TYPE, body) for body in bodies]
        return self._requests[subject.path][clip]

    @staticmethod
    def _load(plan: Plan) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "plan.json"
            file.write_text(json.dumps(asdict(plan)), encoding="utf-8")
            done = subprocess.run(
                [sys.executable, "-m", "bench.load", str(file)], capture_output=True, check=False
            )
        if done.returncode != 0:
            raise SubjectError(f"the load ended with status {done.returncode}: {done.stderr.decode()[-500:]}")
        result: dict[str, Any] = json.loads(done.stdout)
        return result
