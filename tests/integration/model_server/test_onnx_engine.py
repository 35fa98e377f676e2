"""The engine alone, in this process: right to the end of long audio, alive on almost none."""

import io
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from model_server.artefact.manifest import read_manifest
from model_server.engines.engine import load_engine
from model_server.errors import ArtefactError


@pytest.fixture(scope="module")
def engine(artefact):
    return load_engine(read_manifest(artefact), threads=2)


def test_clip_is_heard_right(engine, clip, words, spoken):
    samples, _ = soundfile.read(io.BytesIO(clip), dtype="float32")

    assert spoken(engine.transcribe(samples)) == words


def test_audio_longer_than_nine_seconds_is_heard_to_its_end(engine, repeated, words, spoken):
    samples, _ = soundfile.read(io.BytesIO(repeated(2)), dtype="float32")

    assert spoken(engine.transcribe(samples)) == words * 2


def test_unknown_engine_is_refused_by_name(artefact):
    with pytest.raises(ArtefactError, match="engine must be one of onnx, not 'abacus'"):
        load_engine(replace(read_manifest(artefact), engine="abacus"), threads=1)


@pytest.mark.parametrize("samples", [0, 1, 400, 1_600])
def test_almost_no_audio_is_no_crash(engine, samples):
    assert isinstance(engine.transcribe(np.zeros(samples, dtype=np.float32)), str)
