"""Whisper base from the user's cache; these tests run in the torch image (scripts/test-torch)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_server.artefact.manifest import read_manifest
from model_server.engines.arithmetic import Arithmetic


@pytest.fixture(scope="session")
def artefact():
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(os.environ.get("SERINUS_CACHE") or f"{home}/serinus", "models", "whisper-base")
    fetch = [sys.executable, "-m", "model_server.artefact", "fetch", "whisper-base", "--out", str(folder)]
    subprocess.run(fetch, check=True, cwd=Path(__file__).parents[2], timeout=240)
    return read_manifest(folder)


@pytest.fixture(scope="session")
def exact():
    """Everything in single precision."""
    return Arithmetic("float32", None)
