"""A small golden set and scripted predictors that end with the test."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rollout_policies.golden.manifest import GoldenSet, read_golden_set
from tests.unit.rollout_policies.scripted_predictor import Said, ScriptedPredictor, StartPredictor, start

TEXTS = (
    "press one now",
    "please hold",
    "thank you for calling us today",
    "goodbye",
    "all lines are busy now",
)


@pytest.fixture
def start_predictor() -> Iterator[StartPredictor]:
    """Start a scripted predictor: (pod-template hash, answer, address, port)."""
    started: list[ScriptedPredictor] = []

    def begin(
        pod_template_hash: str, answer: Callable[[bytes], Said], address: str = "127.0.0.1", port: int = 0
    ) -> ScriptedPredictor:
        started.append(start(pod_template_hash, answer, address, port))
        return started[-1]

    yield begin
    for predictor in started:
        predictor.server.shutdown()
        predictor.server.server_close()


@pytest.fixture
def golden(tmp_path: Path) -> GoldenSet:
    """Five clips whose audio is their own label, so that a scripted predictor can be right about them."""
    directory = tmp_path / "golden"
    (directory / "audio").mkdir(parents=True)
    rows = []
    for number, text in enumerate(TEXTS):
        name = f"audio/{number}.wav"
        (directory / name).write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        rows.append(json.dumps({"audio_filepath": name, "duration": 1, "text": text, "sha256": digest}))
    (directory / "manifest.jsonl").write_text("\n".join(rows) + "\n")
    return read_golden_set("small", directory)
