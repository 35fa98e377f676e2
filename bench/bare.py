"""The bare engine, and the one adapter through which every peer calls it; knows no server.

`Hearing.hear` is what a peer does with a request: decode, resample, run the engine. The yardstick itself is
`Hearing.transcribe` alone, on a waveform in memory: decoding counts as overhead, for the peers as for ours.
"""

import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from model_server.artefact.manifest import read_manifest
from model_server.engines.engine import Hypothesis, load_engine
from model_server.waveform import Waveform


class Hearing:
    """One engine on `threads` threads an inference, loaded from a model's folder."""

    def __init__(self, model: Path, threads: int = 1):
        artefact = read_manifest(model)
        self._engine = load_engine(artefact, threads)
        self._sample_rate = artefact.sample_rate

    def hear(self, content: bytes) -> str:
        """The words in a sound file."""
        return self.transcribe(self.decode(content))

    def decode(self, content: bytes) -> Waveform:
        """The waveform of a sound file at the model's sample rate, channels mixed."""
        samples, sample_rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
        mono: Waveform = samples.mean(axis=1, dtype=np.float32)
        if sample_rate == self._sample_rate:
            return mono
        resampled: Waveform = soxr.resample(mono, sample_rate, self._sample_rate)
        return resampled

    def transcribe(self, waveform: Waveform) -> str:
        """The words in a waveform at the model's sample rate."""
        (last,) = deque(self.hypotheses(waveform), maxlen=1)
        return last.text

    def hypotheses(self, waveform: Waveform) -> Iterator[Hypothesis]:
        """What the engine hears, growing; the last is final."""
        return self._engine.transcribe(waveform)
