"""The stages in order, for one clip: decode, quality, voice activity, engine, transcript.

A clip flows through block by block, so that an hour of it needs no more memory than a minute. Blocking, made
to run in an engine process. Knows nothing of requests, queues or metrics.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from model_server import audio, faults
from model_server.artefact.manifest import Calibration
from model_server.audio import Clip
from model_server.confidence import calibrated
from model_server.engines.engine import Engine, Hypothesis
from model_server.faults import Faults
from model_server.quality import InputQuality, QualityMeter
from model_server.transcript import SpokenSegment, Transcript, Word, assemble
from model_server.voice_activity import Chunker, Detector, Segment
from model_server.waveform import Waveform

STAGES = ("decode", "quality", "voice_activity", "inference")


@dataclass(frozen=True)
class StageOptions:
    """How the stages work; `vad_mode` None takes everything for speech."""

    sample_rate: int
    max_segment_seconds: float
    vad_mode: int | None
    measure_quality: bool = True
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Figures:
    """What one clip of `duration` seconds was like and what each stage took, in seconds."""

    duration: float
    quality: InputQuality | None
    stage_seconds: dict[str, float]


@dataclass
class Clock:
    """Seconds spent in each stage."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what is done inside as the named stage's."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] += time.monotonic() - began


class Recogniser:
    """One loaded engine with the settings of its stages."""

    def __init__(self, engine: Engine, options: StageOptions):
        self._engine = engine
        self._options = options

    def recognise(
        self, clip: Clip, fault: Faults, request_id: str, alone: bool = False
    ) -> Iterator[Hypothesis | SpokenSegment | Figures | None]:
        """What is heard in a clip, with the faults that apply to its request.

        A Hypothesis after each step of the engine on the stretch in work, a SpokenSegment when a stretch is
        done, None after each block of sound in which none ended, at the end the Figures. Closing the iterator
        stops the work. `alone` is the engine's.
        """
        clock = Clock()
        tracks = _Tracks(self._options, fault, clock)
        emptied = faults.chosen(fault.empty_ratio, "empty_ratio", fault, request_id)
        for found in tracks.stretches(clip):
            if not found:
                yield None
            for segment, waveform in found:
                for heard in self._hear(segment, waveform, clock, alone):
                    yield None if emptied else heard
        for seconds in faults.naps(clock.seconds["inference"], tracks.duration, fault):
            with clock.stage("inference"):
                time.sleep(seconds)
            yield None
        yield Figures(tracks.duration, tracks.quality(), clock.seconds)

    def transcribe(self, clip: Clip, fault: Faults, request_id: str) -> tuple[Transcript, Figures]:
        """The whole transcript of a clip, and its figures."""
        steps = list(self.recognise(clip, fault, request_id))
        figures = next(step for step in steps if isinstance(step, Figures))
        spoken = [step for step in steps if isinstance(step, SpokenSegment)]
        return assemble(spoken, figures.duration), figures

    def _hear(
        self, segment: Segment, waveform: Waveform, clock: Clock, alone: bool
    ) -> Iterator[Hypothesis | SpokenSegment]:
        hypotheses = self._engine.transcribe(waveform, alone)
        last: Hypothesis | None = None
        while True:
            with clock.stage("inference"):
                hypothesis = next(hypotheses, None)
            if hypothesis is None:
                break
            last = hypothesis
            yield hypothesis
        if last is not None:
            confidence = calibrated(last.confidence, self._options.calibration)
            yield SpokenSegment(segment, last.text, confidence, _placed(last.words, segment.start))


class _Tracks:
    """One clip on its way to the engine."""

    def __init__(self, options: StageOptions, fault: Faults, clock: Clock):
        rate = options.sample_rate
        mode = options.vad_mode
        if fault.vad_mode is not None:
            mode = fault.vad_mode
        self._rate = rate
        self._fault = fault
        self._clock = clock
        self._detector = Detector(rate, mode)
        self._chunker = Chunker(rate, options.max_segment_seconds)
        self._meter = QualityMeter(rate) if options.measure_quality else None
        self._decisions: list[bool] = []
        self._decoded = 0

    @property
    def duration(self) -> float:
        """Seconds decoded so far."""
        return self._decoded / self._rate

    def stretches(self, clip: Clip) -> Iterator[list[tuple[Segment, Waveform]]]:
        """The stretches worth an engine's time, with their samples: what ended in each block of sound."""
        kept = 0
        for block in faults.damage(self._decode(clip), self._rate, self._fault):
            kept += len(block)
            if self._meter is not None:
                with self._clock.stage("quality"):
                    self._meter.push(block)
            with self._clock.stage("voice_activity"):
                found = list(self._chunker.push(block, self._decide(self._detector.push(block))))
            yield found
        with self._clock.stage("voice_activity"):
            found = list(self._chunker.push(block[:0], self._decide(self._detector.finish())))
            found += self._chunker.finish(kept / self._rate)
        yield found

    def quality(self) -> InputQuality | None:
        """The figures, once all has gone through; None where they are not measured."""
        if self._meter is None:
            return None
        with self._clock.stage("quality"):
            return self._meter.finish(self._decisions)

    def _decode(self, clip: Clip) -> Iterator[Waveform]:
        blocks = audio.decode(clip, self._rate)
        while True:
            with self._clock.stage("decode"):
                block = next(blocks, None)
            if block is None:
                return
            self._decoded += len(block)
            yield block

    def _decide(self, decisions: list[bool]) -> list[bool]:
        self._decisions += decisions
        return decisions


def _placed(words: tuple[Word, ...], start: float) -> tuple[Word, ...]:
    """Words with the times of the clip instead of the stretch's."""
    return tuple(replace(word, start=word.start + start, end=word.end + start) for word in words)
