"""What is measured of one running server: overhead, saturation, overload; knows no other subject.

A bare engine waits beside the server, silently, so that a request and the same clip on the engine alone are
measured within a tenth of a second of one another.
"""

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.arithmetic import percentile, rate, within
from bench.clips import Clip, decks
from bench.errors import SubjectError
from bench.http_client import post
from bench.load import Plan
from bench.options import Timing
from bench.server import Server
from bench.slices import in_turns
from bench.subjects import Subject
from bench.yardstick import BareEngine

CLIENTS = 4
CONTENT_TYPE = "audio/wav"
# No clip is answered in less: the longest order that a closed loop can use up.
FASTEST_SECONDS = 0.005

Record = Callable[..., None]


@dataclass(frozen=True)
class Unhurried:
    """A subject's usual time in this round, and the clip that takes it most nearly."""

    p50_seconds: float
    clip: int


class Measures:
    """The measures of one subject's server in one round; `record` gets each result as it comes."""

    def __init__(
        self,
        subject: Subject,
        server: Server,
        clips: Sequence[Clip],
        timing: Timing,
        seed: int,
        record: Record,
    ):
        self._subject = subject
        self._server = server
        self._clips = clips
        self._timing = timing
        self._seed = seed
        self._record = record

    def started(self) -> None:
        """Seconds from the process's start to ready, and what it holds then."""
        memory = asdict(self._server.memory())
        self._record("start", seconds=self._server.start_seconds, memory=memory)

    def warm(self) -> None:
        """Let each worker and thread have had a clip; nothing is kept."""
        run_load(self._plan(self._timing.warm_seconds, clients=CLIENTS))

    def overhead(self, bare: BareEngine) -> Unhurried:
        """Each clip through the server and on the engine alone, one after the other, in random order."""
        order = random.Random(self._seed)  # noqa: S311  an order, no secret
        clips = self._clips[: self._timing.overhead_clips]
        requests = [post(self._subject.path, CONTENT_TYPE, clip.path.read_bytes()) for clip in clips]
        request_seconds, engine_seconds, same = [0.0] * len(clips), [0.0] * len(clips), 0
        for clip in order.sample(range(len(clips)), len(clips)):
            first = order.random() < 0.5
            if first:
                engine_seconds[clip], text = bare.hear(clip)
            request_seconds[clip], body = self._ask(requests[clip], clips[clip])
            if not first:
                engine_seconds[clip], text = bare.hear(clip)
            same += json.dumps(text).encode()[1:-1] in body
        self._server.leave()
        pairs = {"request_seconds": request_seconds, "engine_seconds": engine_seconds}
        self._record("overhead", **pairs, same_text=same)
        usual = percentile(request_seconds, 50)
        return Unhurried(usual, request_seconds.index(usual))

    def saturation(self, bare: BareEngine) -> float:
        """Clips a second of four clients, in slices between those of the bare engine's two threads."""
        timing = self._timing
        loads: list[dict[str, Any]] = []

        def subject() -> float:
            loads.append(run_load(self._plan(timing.warm_seconds + timing.slice_seconds, clients=CLIENTS)))
            return self._speed(loads[-1])

        order = slice_order(self._clips, timing, self._seed)
        slices = in_turns(
            timing.slices,
            subject,
            lambda: bare.two_threads(timing.slice_seconds, timing.warm_seconds, order),
        )
        shares = [load["client_cpu_share"] for load in loads]
        failed = sum(load["failed"] for load in loads)
        self._record("saturation", **asdict(slices), failed=failed, client_cpu_share=fmean(shares))
        return slices.speed

    def _speed(self, load: dict[str, Any]) -> float:
        warm, seconds = self._timing.warm_seconds, self._timing.slice_seconds
        # Clients that finish their last clip have no company any more: nothing after the time counts.
        completions = within(load["completions"], warm, warm + seconds - 0.1)
        if len(completions) < CLIENTS:
            failed = load["failed"]
            raise SubjectError(
                f"answered {len(completions)} times to {CLIENTS} clients, {failed} not with 200"
            )
        return rate(completions)

    def overload(
        self, factor: float, speed: float, usual: Unhurried, seconds: float, deadline_seconds: float | None
    ) -> None:
        """An open loop of `factor` times the subject's speed, and how soon it serves as usual again."""
        before = asdict(self._server.memory())
        plan = self._plan(
            seconds,
            rate=factor * speed,
            recovery_clip=usual.clip,
            recovery_p50_seconds=usual.p50_seconds,
        )
        result = run_load(plan)
        self._record(
            "overload",
            factor=factor,
            rate=plan.rate,
            duration_seconds=seconds,
            clips_a_second=speed,
            unloaded_p50=usual.p50_seconds,
            deadline_seconds=deadline_seconds,
            memory_before=before,
            memory_after=asdict(self._server.memory()),
            **result,
        )

    def _ask(self, request: bytes, clip: Clip) -> tuple[float, bytes]:
        seconds, status, body = self._server.ask(request)
        if status != 200:
            raise SubjectError(f"answered {status} to {clip.name}: {body[:200]!r}")
        return seconds, body

    def _plan(self, seconds: float, **asked: Any) -> Plan:
        requests = seconds * asked.get("rate", 1 / FASTEST_SECONDS)
        return Plan(
            port=self._server.port,
            path=self._subject.path,
            ready_path=self._subject.ready_path,
            content_type=CONTENT_TYPE,
            bodies=[str(clip.path) for clip in self._clips],
            order=decks(len(self._clips), self._seed, round(requests) + CLIENTS),
            duration_seconds=seconds,
            **asked,
        )


def slice_order(clips: Sequence[Clip], timing: Timing, seed: int) -> list[int]:
    """The bare engine's order of clips in a slice: that of the closed loops of the same seed."""
    seconds = timing.warm_seconds + timing.slice_seconds
    return decks(len(clips), seed, round(seconds / FASTEST_SECONDS))


def run_load(plan: Plan) -> dict[str, Any]:
    """The result of a plan kept by a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_text(json.dumps(asdict(plan)), encoding="utf-8")
        command = [sys.executable, "-m", "bench.load", str(file)]
        done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise SubjectError(f"the load ended with status {done.returncode}: {done.stderr.decode()[-500:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result
