"""Sounds made here, and an engine that needs no model; the real engine is tested in tests/integration."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from prometheus_client import CollectorRegistry

from model_server.audio import Clip, read_header
from model_server.content import Content
from model_server.transcript import Word
from model_server.waveform import Waveform

from .served import served


def sound_file(
    samples: np.ndarray, sample_rate: int, file_format: str = "WAV", subtype: str | None = None
) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


def tone(seconds: float, sample_rate: int, hertz: float = 440.0, level: float = 0.5) -> Waveform:
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def voiced(seconds: float, sample_rate: int = 16_000) -> Waveform:
    """What WebRTC's detector takes for a voice at every strictness: a buzz of 120 Hz and its harmonics."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    return sum(0.3 / k * np.sin(2 * np.pi * 120 * k * times) for k in range(1, 20)).astype(np.float32)


@pytest.fixture
def make_file():
    return sound_file


@pytest.fixture
def make_tone():
    return tone


@pytest.fixture
def make_voice():
    return voiced


@dataclass(frozen=True)
class Counted:
    """So many words, each as sure as the next."""

    count: int
    confidence: float = 0.5
    words: tuple[Word, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(["word"] * self.count)


class CountingEngine:
    """Says how many tenths of a second it was given, as one word each, word by word."""

    def transcribe(self, waveform: Waveform, alone: bool = False) -> Iterator[Counted]:
        yield from (Counted(count) for count in range(round(len(waveform) / 1600) + 1))


@pytest.fixture
def counting_engine() -> CountingEngine:
    return CountingEngine()


@pytest.fixture
def silent_clip() -> Clip:
    """Two seconds of nothing."""
    return read_header(Content.of(sound_file(np.zeros(32_000, np.float32), 16_000)), max_seconds=60)


@pytest.fixture
def voice_clip() -> Clip:
    """Two seconds of what passes for voice."""
    return read_header(Content.of(sound_file(voiced(2.0), 16_000)), max_seconds=60)


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def serve(counting_engine, registry):
    """Runs `work(service)` on a service with one engine and the options of `served`."""

    def serve(work, engine=counting_engine, **options):
        return served(work, engine, registry, **options)

    return serve
