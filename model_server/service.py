"""One request from admission to transcripts: queue, deadline, turn, engine process, figures.

Knows nothing of HTTP or of how an engine process is run. Requests that come while the model is loading wait
for it within their deadline.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from model_server.account import PROBE_TRAFFIC, Account
from model_server.admission import Admission
from model_server.audio import Clip
from model_server.errors import DeadlineError, EngineLostError, InjectedError
from model_server.faults import Faults, chosen
from model_server.inference.engine_process import EngineProcess
from model_server.inference.messages import Done, Heard, Job, Partial, Progress
from model_server.inference.pool import EnginePool
from model_server.lifecycle import Lifecycle
from model_server.metrics import Metrics
from model_server.pipeline import Figures
from model_server.transcript import SpokenSegment, Transcript, assemble

# A clip's transcript, and its figures.
Told = tuple[Transcript, Figures]


@dataclass(frozen=True)
class QueueLimits:
    """How much may wait and how long; `caller_seconds` None leaves callers unlimited."""

    queue_seconds: float
    deadline_seconds: float
    caller_seconds: float | None = None


class Service:
    """Transcribes clips in their order of arrival."""

    def __init__(
        self, pool: EnginePool, metrics: Metrics, lifecycle: Lifecycle, faults: Faults, limits: QueueLimits
    ):
        self.lifecycle = lifecycle
        self._pool = pool
        self._metrics = metrics
        self._faults = faults
        self._deadline_seconds = limits.deadline_seconds
        self._admission = Admission(
            limits.queue_seconds, pool.size, limits.caller_seconds, places=pool.places
        )
        self._numbers = itertools.count(1)
        self._second_attempts = asyncio.Lock()
        self.on_transcripts: Callable[[Account, list[Told]], None] = lambda account, told: None
        metrics.queue_audio.set_function(lambda: self._admission.held_seconds)

    async def load(self) -> None:
        """Wait for the engines, then be ready; EngineStartError where one cannot load its model."""
        self._pool.on_change = self.lifecycle.note_engines
        self._pool.on_restart = self._metrics.engine_restarts.inc
        await self._pool.load()
        self.lifecycle.loaded()

    @property
    def held_seconds(self) -> float:
        """The audio that waits or is worked on."""
        return self._admission.held_seconds

    async def transcribe(self, clips: Sequence[Clip], account: Account) -> list[Transcript]:
        """The transcripts of one request's clips, or a RefusedError; cancelling it cancels the work."""
        heard: list[list[SpokenSegment]] = [[] for _ in clips]
        figures: list[Figures] = []
        async with aclosing(self._progress(clips, account, partials=False)) as steps:
            async for step in steps:
                if isinstance(step, Heard):
                    heard[step.clip].append(step.segment)
                elif isinstance(step, Done):
                    figures.append(step.figures)
        return self._finish(account, heard, figures)

    async def stream(self, clip: Clip, account: Account) -> AsyncGenerator[str | Transcript, None]:
        """The text of a clip as it grows, piece by piece to be appended; last its Transcript."""
        growth = _Growth()
        figures: list[Figures] = []
        async with aclosing(self._progress([clip], account, partials=True)) as steps:
            async for step in steps:
                if isinstance(step, Done):
                    figures.append(step.figures)
                    continue
                delta = growth.add(step)
                if delta:
                    yield delta
        yield self._finish(account, [growth.segments], figures)[0]

    async def _progress(
        self, clips: Sequence[Clip], account: Account, partials: bool
    ) -> AsyncGenerator[Progress, None]:
        seconds = sum(clip.seconds for clip in clips)
        account.audio_seconds = seconds
        deadline = account.deadline_seconds(self._deadline_seconds)
        faulty = self._faults.apply_to(account.traffic)
        if faulty and chosen(self._faults.error_ratio, "error_ratio", self._faults, account.request_id):
            raise InjectedError(f"fault error_ratio={self._faults.error_ratio:g} chose this request")
        patience = deadline - account.served_seconds(time.monotonic())
        with self._admission.hold(seconds, account.caller, patience):
            # A probe's inference time is compared with that of a pod that has other traffic.
            alone = account.traffic == PROBE_TRAFFIC
            job = Job(next(self._numbers), account.request_id, faulty, partials, alone, clips)
            async with aclosing(self._run(job, account, deadline)) as steps:
                async for step in steps:
                    if isinstance(step, Done):
                        _note_stages(account, step.figures)
                    yield step

    async def _run(self, job: Job, account: Account, deadline: float) -> AsyncGenerator[Progress, None]:
        """A job's steps on an engine of its turn; on a second one where the first was lost.

        What nobody waits to hear as it grows is told at the end, so that nothing is told twice. Second
        attempts come one after the other: what killed one engine kills another without those it was beside.
        """
        engine = await self._turn(account, deadline)
        if job.partials:
            async with aclosing(engine.run(job)) as steps:
                async for step in steps:
                    yield step
            return
        try:
            heard = await _all(engine.run(job))
        except EngineLostError as lost:
            heard = await self._again(job, account, deadline, lost)
        for step in heard:
            yield step

    async def _again(
        self, job: Job, account: Account, deadline: float, lost: EngineLostError
    ) -> list[Progress]:
        """All steps of a second attempt; `lost` is raised where that does not begin before the deadline."""
        try:
            async with asyncio.timeout(max(deadline - account.served_seconds(time.monotonic()), 0)):
                await self._second_attempts.acquire()
        except TimeoutError:
            raise lost from None
        try:
            engine = await self._turn(account, deadline)
            return await _all(engine.run(job))
        except DeadlineError:
            raise lost from None
        finally:
            self._second_attempts.release()

    async def _turn(self, account: Account, deadline: float) -> EngineProcess:
        """An engine for this request, refused when its deadline passes before."""
        waiting_from = time.monotonic()
        try:
            async with asyncio.timeout(max(deadline - account.served_seconds(waiting_from), 0)):
                engine = await self._pool.turn()
        except TimeoutError:
            raise DeadlineError(
                f"waited {account.served_seconds(time.monotonic()):.1f} s, "
                f"longer than the deadline of {deadline:g} s",
                retry_after_seconds=self._admission.retry_after_seconds(account.audio_seconds or 0.0),
            ) from None
        finally:
            waited = time.monotonic() - waiting_from
            account.queue_seconds = (account.queue_seconds or 0.0) + waited
            self._metrics.queue_wait.observe(waited)
        return engine

    def _finish(
        self, account: Account, heard: Sequence[Sequence[SpokenSegment]], figures: Sequence[Figures]
    ) -> list[Transcript]:
        """The transcripts, counted."""
        self._admission.note_pace(account.audio_seconds or 0.0, sum(account.stage_seconds.values()))
        transcripts = []
        for spoken, figure in zip(heard, figures, strict=True):
            transcript = assemble(spoken, figure.duration)
            self._metrics.count_recognition(transcript, figure, account.traffic)
            transcripts.append(transcript)
        self._metrics.count_if_empty(transcripts, account.traffic)
        self.on_transcripts(account, list(zip(transcripts, figures, strict=True)))
        return transcripts


class _Growth:
    """The text of a stream, as far as it was told."""

    def __init__(self) -> None:
        self.segments: list[SpokenSegment] = []
        self._told = ""  # of the stretch in work

    def add(self, step: Partial | Heard) -> str:
        """What to append for this step; empty where there is nothing new, or nothing sure."""
        text = (
            step.text.rstrip("\N{REPLACEMENT CHARACTER}") if isinstance(step, Partial) else step.segment.text
        )
        delta = text[len(self._told) :] if text.startswith(self._told) else ""
        if delta and not self._told and any(part.text for part in self.segments):
            delta = f" {delta}"
        self._told = text if delta else self._told
        if isinstance(step, Heard):
            self.segments.append(step.segment)
            self._told = ""
        return delta


async def _all(steps: AsyncGenerator[Progress, None]) -> list[Progress]:
    async with aclosing(steps):
        return [step async for step in steps]


def _note_stages(account: Account, figures: Figures) -> None:
    for stage, seconds in figures.stage_seconds.items():
        account.stage_seconds[stage] = account.stage_seconds.get(stage, 0.0) + seconds
    account.inference_seconds = account.stage_seconds["inference"]
