"""The table of engines: one row each, with the model its tests hear by. `--engine` chooses the row.

An engine's libraries decide where its row runs: onnx on any machine (make test), torch inside its image
(scripts/test-torch). A row whose libraries are missing fails.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile

from model_server.artefact.manifest import read_manifest
from model_server.engines.engine import load_engine


@dataclass(frozen=True)
class Row:
    """A model for an engine, and whether it tells when words were said."""

    model: str
    has_word_times: bool


ENGINES = {
    "onnx": Row("moonshine-tiny-en", has_word_times=False),
    "torch": Row("whisper-base", has_word_times=True),
}


def pytest_addoption(parser):
    parser.addoption("--engine", choices=sorted(ENGINES), default="onnx", help="the row of the table to test")


@pytest.fixture(scope="session")
def row(request):
    return ENGINES[request.config.getoption("--engine")]


@pytest.fixture(scope="session")
def artefact(row):
    """The model's folder in the user's cache, every digest checked."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(os.environ.get("SERINUS_CACHE") or f"{home}/serinus", "models", row.model)
    fetch = [sys.executable, "-m", "model_server.artefact", "fetch", row.model, "--out", str(folder)]
    subprocess.run(fetch, check=True, cwd=Path(__file__).parents[2], timeout=240)
    return read_manifest(folder)


@pytest.fixture(scope="session")
def engine(artefact):
    return load_engine(artefact, threads=1)


@pytest.fixture(scope="session")
def clip(artefact):
    """The self-test's clip as samples at the model's rate."""
    import soxr

    samples, sample_rate = soundfile.read(artefact.path(artefact.self_test.audio), dtype="float32")
    return soxr.resample(samples, sample_rate, artefact.sample_rate)


@pytest.fixture
def final():
    """The last of an engine's hypotheses."""

    def final(hypotheses):
        *_, last = hypotheses
        return last

    return final
