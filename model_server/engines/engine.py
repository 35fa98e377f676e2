"""What every engine can do, and how one is made from a model's folder."""

from collections.abc import Callable, Iterator
from typing import Protocol

from model_server.artefact.manifest import Artefact
from model_server.engines import moonshine_values
from model_server.errors import ArtefactError
from model_server.transcript import Word
from model_server.waveform import Waveform


class Hypothesis(Protocol):
    """What an engine believes it heard so far; reading it may cost time, having it does not."""

    @property
    def text(self) -> str:
        """The words."""
        ...

    @property
    def confidence(self) -> float | None:
        """How sure the decoder is of them, 0 to 1."""
        ...

    @property
    def words(self) -> tuple[Word, ...]:
        """The words with their times within the waveform, where the engine has them."""
        ...


class Engine(Protocol):
    """Hears a waveform at the model's sample rate."""

    def transcribe(self, waveform: Waveform, alone: bool = False) -> Iterator[Hypothesis]:
        """Hypotheses on a waveform of at most the model's max_segment_seconds.

        One after each step of the decoder, each longer than the one before, at least one; the last is
        final. Closing the iterator stops the work. Waveforms heard at the same time may share steps, but for
        one that is heard `alone`, so that its time can be compared with another's.
        """
        ...


def _onnx(artefact: Artefact, threads: int) -> Engine:
    from model_server.engines.onnx import MoonshineOnnx

    return MoonshineOnnx(artefact, threads)


def _torch(artefact: Artefact, threads: int) -> Engine:
    from model_server.engines.weights import this_cpu
    from model_server.engines.whisper import WhisperTorch

    return WhisperTorch(artefact, threads, this_cpu())


# Engines are extras: each is imported only when a model.yaml names it.
ENGINES: dict[str, Callable[[Artefact, int], Engine]] = {"onnx": _onnx, "torch": _torch}
# How many jobs share a step, where a step of several costs less than several.
SHARING = {"onnx": moonshine_values.ROWS}
# Those whose hypotheses have the times of their words; known before one is loaded, to refuse early.
WITH_WORD_TIMES = frozenset({"torch"})


def jobs_together(engine: str, processes: int) -> int:
    """How many jobs each of so many engine processes has at a time.

    More than one where they share steps and there is no other process that could take the second: one process
    did 1.25 times the clips so, two on two busy cores no more, and answers came later (docs/benchmark.md).
    """
    return SHARING.get(engine, 1) if processes == 1 else 1


def load_engine(artefact: Artefact, threads: int) -> Engine:
    """The engine that the artefact names, loaded and ready to be warmed up."""
    if artefact.engine not in ENGINES:
        raise ArtefactError(f"engine must be one of {', '.join(ENGINES)}, not {artefact.engine!r}")
    return ENGINES[artefact.engine](artefact, threads)
