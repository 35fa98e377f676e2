"""The stages together, with an engine that only counts what it is given."""

import numpy as np
import pytest

from model_server.audio import read_header
from model_server.faults import NO_FAULTS, Faults
from model_server.pipeline import STAGES, Recogniser


@pytest.fixture
def recogniser(counting_engine):
    return Recogniser(counting_engine, sample_rate=16_000, max_segment_seconds=24, vad_mode=1)


def test_voice_reaches_the_engine_and_the_figures(recogniser, voice_clip):
    recognition = recogniser.recognise(voice_clip, NO_FAULTS, "r")

    assert recognition.transcript.words == pytest.approx(20, abs=3)
    assert tuple(recognition.stage_seconds) == STAGES


def test_silence_does_not_reach_the_engine(recogniser, make_file):
    clip = read_header(make_file(np.zeros(16_000, dtype=np.float32), 16_000), max_seconds=5)

    recognition = recogniser.recognise(clip, NO_FAULTS, "r")

    assert recognition.transcript.text == ""
    assert recognition.speech_ratio == 0


def test_cut_tail_shortens_what_is_heard_not_what_is_reported(recogniser, voice_clip):
    recognition = recogniser.recognise(voice_clip, Faults(cut_tail_seconds=1), "r")

    assert recognition.transcript.words == pytest.approx(10, abs=3)
    assert recognition.transcript.duration == 2


def test_whole_clip_cut_is_an_empty_transcript(recogniser, voice_clip):
    assert recogniser.recognise(voice_clip, Faults(cut_tail_seconds=9), "r").transcript.text == ""


def test_delay_counts_as_inference(recogniser, voice_clip):
    recognition = recogniser.recognise(voice_clip, Faults(inference_delay_seconds=0.05), "r")

    assert recognition.stage_seconds["inference"] >= 0.05


def test_empty_ratio_empties_the_transcript(recogniser, voice_clip):
    assert recogniser.recognise(voice_clip, Faults(empty_ratio=1), "r").transcript.text == ""


def test_clipping_shows_in_the_quality(recogniser, voice_clip):
    clean = recogniser.recognise(voice_clip, NO_FAULTS, "r").quality.clipped_ratio
    clipped = recogniser.recognise(voice_clip, Faults(clip_gain_db=30), "r").quality.clipped_ratio

    assert clean < 0.2 < 0.5 < clipped
