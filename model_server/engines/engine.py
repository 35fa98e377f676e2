"""What every engine can do, and how one is made from a model's folder."""

from typing import Protocol

from model_server.artefact.manifest import Artefact
from model_server.errors import ArtefactError
from model_server.waveform import Waveform

ENGINES = ("onnx",)


class Engine(Protocol):
    """Hears a waveform at the model's sample rate."""

    def transcribe(self, waveform: Waveform) -> str:
        """The words in a waveform of at most the model's max_segment_seconds."""
        ...


def load_engine(artefact: Artefact, threads: int) -> Engine:
    """The engine that the artefact names, loaded and ready to be warmed up."""
    if artefact.engine == "onnx":
        from model_server.engines.onnx import MoonshineOnnx  # engines are extras: import only what is used

        return MoonshineOnnx(artefact, threads)
    raise ArtefactError(f"engine must be one of {', '.join(ENGINES)}, not {artefact.engine!r}")
