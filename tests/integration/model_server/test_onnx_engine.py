"""The engine alone, in this process: right to the end of long audio, alive on almost none."""

import io
import itertools
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


def last(hypotheses):
    """The final one: each is the decoder's state after a step."""
    for hypothesis in hypotheses:
        final = hypothesis
    return final


def test_clip_is_heard_right_and_surely(engine, clip, words, spoken):
    samples, _ = soundfile.read(io.BytesIO(clip), dtype="float32")

    final = last(engine.transcribe(samples))

    assert spoken(final.text) == words
    assert 0.3 < final.confidence < 1


def test_noise_is_heard_less_surely(engine, clip):
    samples, _ = soundfile.read(io.BytesIO(clip), dtype="float32")
    noise = np.random.default_rng(1).normal(0, 0.2, len(samples)).astype(np.float32)

    assert last(engine.transcribe(samples + noise)).confidence < last(engine.transcribe(samples)).confidence


def test_each_step_hears_more(engine, clip):
    samples, _ = soundfile.read(io.BytesIO(clip), dtype="float32")

    texts = [hypothesis.text for hypothesis in engine.transcribe(samples)]

    assert len(texts) > 10
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


def test_audio_longer_than_nine_seconds_is_heard_to_its_end(engine, repeated, words, spoken):
    samples, _ = soundfile.read(io.BytesIO(repeated(2)), dtype="float32")

    assert spoken(last(engine.transcribe(samples)).text) == words * 2


def test_unknown_engine_is_refused_by_name(artefact):
    with pytest.raises(ArtefactError, match="engine must be one of onnx, torch, not 'abacus'"):
        load_engine(replace(read_manifest(artefact), engine="abacus"), threads=1)


@pytest.mark.parametrize("samples", [0, 1, 400, 1_600])
def test_almost_no_audio_is_no_crash(engine, samples):
    assert len(last(engine.transcribe(np.zeros(samples, dtype=np.float32))).text) < 20


def test_clips_share_steps_but_for_one_heard_alone(engine, clip, monkeypatch):
    samples, _ = soundfile.read(io.BytesIO(clip), dtype="float32")
    taken = []
    take = engine._decoder._take
    monkeypatch.setattr(engine._decoder, "_take", lambda clips: (taken.append(len(clips)), take(clips)))
    probe, user, other = (engine.transcribe(samples, alone) for alone in (True, False, False))
    for _ in range(4):
        for hypotheses in (probe, user, other):
            next(hypotheses)

    # Each round a step of the probe and one of both others; the user's first came before the other began.
    assert sorted(taken) == [1] * 4 + [1] + [2] * 4
