"""One request from admission to transcripts: queue, deadline, worker thread, figures; knows nothing of HTTP.

A single worker thread keeps the order of arrival and leaves the event loop free; loading the model is its
first job, so requests that come early wait for it within their deadline.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from model_server.account import Account
from model_server.admission import Admission
from model_server.audio import Clip
from model_server.errors import DeadlineError, DrainingError, InjectedError
from model_server.faults import NO_FAULTS, Faults, chosen
from model_server.lifecycle import Lifecycle
from model_server.metrics import Metrics
from model_server.pipeline import Recogniser, Recognition
from model_server.transcript import Transcript


class Service:
    """Transcribes clips in their order of arrival."""

    def __init__(
        self,
        metrics: Metrics,
        lifecycle: Lifecycle,
        faults: Faults,
        queue_seconds: float,
        deadline_seconds: float,
    ):
        self.lifecycle = lifecycle
        self._metrics = metrics
        self._faults = faults
        self._deadline_seconds = deadline_seconds
        self._admission = Admission(queue_seconds)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="inference")
        self._recogniser: Recogniser | None = None
        self._stopped = False

    async def load(self, make: Callable[[], Recogniser]) -> None:
        """Make the recogniser in the worker thread, then be ready; an error of `make` comes through."""

        def job() -> None:
            # Set in the worker's thread: its next job may be a request that waited for just this.
            self._recogniser = make()

        await asyncio.get_running_loop().run_in_executor(self._worker, job)
        self.lifecycle.loaded()

    async def transcribe(self, clips: Sequence[Clip], account: Account) -> list[Transcript]:
        """The transcripts of one request's clips, or a RefusedError."""
        seconds = sum(clip.seconds for clip in clips)
        account.audio_seconds = seconds
        faults = self._faults if self._faults.apply_to(account.traffic) else NO_FAULTS
        if chosen(faults.error_ratio, "error_ratio", faults, account.request_id):
            raise InjectedError(f"fault error_ratio={faults.error_ratio:g} chose this request")
        # Not check_open: a request whose upload began in time is finished, unless nobody can any more.
        if self._stopped:
            raise DrainingError("this pod has stopped; try again", 1)
        self._admission.admit(seconds)
        self._metrics.queue_audio.set(self._admission.held_seconds)
        try:
            recognitions = await self._in_worker(clips, account, faults)
        finally:
            self._admission.release(seconds)
            self._metrics.queue_audio.set(self._admission.held_seconds)
        self._admission.note_speed(seconds, account.inference_seconds or 0.0)
        for recognition in recognitions:
            self._metrics.count_recognition(recognition, account.traffic)
        return [recognition.transcript for recognition in recognitions]

    def stop(self) -> None:
        """Give up what has not begun."""
        self._stopped = True
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def _in_worker(self, clips: Sequence[Clip], account: Account, faults: Faults) -> list[Recognition]:
        admitted = time.monotonic()
        job = asyncio.get_running_loop().run_in_executor(
            self._worker, self._work, clips, account, faults, admitted
        )
        try:
            return await job
        except asyncio.CancelledError:
            if not self.lifecycle.leaving:
                raise
            raise DrainingError("this pod stopped before its model was loaded; try again", 1) from None

    def _work(
        self, clips: Sequence[Clip], account: Account, faults: Faults, admitted: float
    ) -> list[Recognition]:
        now = time.monotonic()
        account.queue_seconds = now - admitted
        self._metrics.queue_wait.observe(account.queue_seconds)
        waited = account.served_seconds(now)
        if waited > self._deadline_seconds:
            raise DeadlineError(
                f"waited {waited:.1f} s, longer than the deadline of {self._deadline_seconds:g} s",
                retry_after_seconds=1,
            )
        if self._recogniser is None:
            raise DrainingError("this pod stops because its model did not load; try again", 1)
        account.inference_seconds = 0.0
        recognitions = []
        for clip in clips:
            recognition = self._recogniser.recognise(clip, faults, account.request_id)
            account.inference_seconds += recognition.stage_seconds["inference"]
            recognitions.append(recognition)
        return recognitions
