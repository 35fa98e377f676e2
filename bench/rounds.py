"""The run: rounds in which every subject is started, measured and ended, in random order; judges nothing."""

import functools
import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from bench.clips import Clip, mean_seconds
from bench.errors import SubjectError
from bench.measures import Measures, Record, Unhurried, slice_order
from bench.options import Options
from bench.server import free_port, running
from bench.slices import in_turns
from bench.subjects import (
    BARE_PROCESSES,
    ONE_PROCESS,
    OURS,
    Subject,
    deadline_seconds,
    environment,
)
from bench.yardstick import BareEngine

PEER_FACTORS, OUR_FACTORS = (2.0,), (2.0, 5.0)

Step = tuple[str, Callable[[int], None]]


class Rounds:
    """All rounds of one run; `record` gets each result with its round and subject."""

    def __init__(self, options: Options, clips: Sequence[Clip], bare: BareEngine, record: Record):
        self._options = options
        self._timing = options.timing
        self._clips = clips
        self._bare = bare
        self._record = record

    def run(self, say: Callable[[str], None]) -> None:
        """Every round; a subject that fails is recorded as failed and the run goes on."""
        for number in range(1, self._timing.rounds + 1):
            for name, step in self._steps(number):
                say(f"round {number}/{self._timing.rounds}: {name}")
                try:
                    step(number)
                except SubjectError as error:
                    self._record(number, name, "failed", sentence=str(error))
                    say(f"failed: {name}: {error}")

    def _steps(self, number: int) -> list[Step]:
        steps: list[Step] = []
        if self._wants("saturation"):
            steps += [(BARE_PROCESSES, self._bare_processes)]
        if self._wants("start") and any(subject.ours for subject in self._options.subjects):
            steps.append((ONE_PROCESS.name, self._one_process))
        if self._wants("start", "overhead", "saturation", "overload"):
            subjects = self._options.subjects
            steps += [(subject.name, functools.partial(self._server, subject)) for subject in subjects]
        random.Random(self._options.seed * 1000 + number).shuffle(steps)  # noqa: S311  an order, no secret
        return steps

    def _wants(self, *measures: str) -> bool:
        return any(measure in self._options.measures for measure in measures)

    def _bare_processes(self, number: int) -> None:
        timing = self._timing
        order = slice_order(self._clips, timing, self._options.seed + number)
        asked = (timing.slice_seconds, timing.warm_seconds, order)
        slices = in_turns(
            timing.slices,
            lambda: self._bare.two_processes(*asked),
            lambda: self._bare.two_threads(*asked),
        )
        self._record(number, BARE_PROCESSES, "saturation", **asdict(slices))

    def _one_process(self, number: int) -> None:
        with self._running(ONE_PROCESS, number) as measures:
            measures.started()

    def _server(self, subject: Subject, number: int) -> None:
        """One subject's round; whoever takes a bound of its queue is started anew for the overload."""
        loaded = self._overloads(subject, number)
        with self._running(subject, number) as measures:
            measures.started()
            if not loaded and not self._wants("overhead", "saturation"):
                return
            measures.warm()
            usual = measures.overhead(self._bare) if loaded or self._wants("overhead") else None
            speed = measures.saturation(self._bare) if loaded or self._wants("saturation") else None
            if usual is None or speed is None or not loaded:
                return
            if not subject.bounded:
                self._overload(subject, measures, speed, usual, None)
                return
        longest = max(clip.seconds for clip in self._clips)
        deadline = deadline_seconds(speed * mean_seconds(self._clips), longest)
        with self._running(subject, number, ("--deadline-seconds", f"{deadline:.3f}")) as measures:
            measures.warm()
            self._overload(subject, measures, speed, usual, deadline)

    def _overloads(self, subject: Subject, number: int) -> bool:
        if not self._wants("overload"):
            return False
        return subject.name == OURS if subject.ours else number <= self._timing.peer_overload_rounds

    def _overload(
        self, subject: Subject, measures: Measures, speed: float, usual: Unhurried, deadline: float | None
    ) -> None:
        timing = self._timing
        seconds = timing.ours_overload_seconds if subject.ours else timing.overload_seconds
        for factor in OUR_FACTORS if subject.ours else PEER_FACTORS:
            measures.overload(factor, speed, usual, seconds, deadline)

    @contextmanager
    def _running(self, subject: Subject, number: int, extra: tuple[str, ...] = ()) -> Iterator[Measures]:
        port, options = free_port(), self._options
        command = subject.full_command(port, options.model, options.predictor_python, extra)
        log = options.out / "logs" / f"{subject.name}-{number}{'-bounded' if extra else ''}.log"
        around = environment(port, options.model, options.out, os.environ)
        record = functools.partial(self._record, number, subject.name)
        with running(command, around, port, subject.ready_path, log) as server:
            yield Measures(subject, server, self._clips, self._timing, options.seed + number, record)
