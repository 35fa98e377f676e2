"""The stages together, with an engine that only counts what it is given."""

import numpy as np
import pytest

from model_server.audio import read_header
from model_server.content import Content
from model_server.faults import NO_FAULTS, Faults
from model_server.pipeline import STAGES, Figures, Recogniser, StageOptions
from model_server.transcript import SpokenSegment


def stages(vad_mode=1, measure_quality=True):
    return StageOptions(16_000, 24, vad_mode, measure_quality)


@pytest.fixture
def recogniser(counting_engine):
    return Recogniser(counting_engine, stages())


def silence(make_file):
    return read_header(Content.of(make_file(np.zeros(16_000, dtype=np.float32), 16_000)), max_seconds=5)


def test_voice_reaches_the_engine_and_the_figures(recogniser, voice_clip):
    transcript, figures = recogniser.transcribe(voice_clip, NO_FAULTS, "r")

    assert transcript.word_count == pytest.approx(20, abs=3)
    assert (tuple(figures.stage_seconds), transcript.confidence) == (STAGES, 0.5)


def test_text_grows_before_the_segment_is_done(recogniser, voice_clip):
    steps = [step for step in recogniser.recognise(voice_clip, NO_FAULTS, "r") if step is not None]
    *hypotheses, segment, figures = steps

    lengths = [len(hypothesis.text) for hypothesis in hypotheses]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 10
    assert isinstance(segment, SpokenSegment)
    assert isinstance(figures, Figures)


def test_closing_the_steps_stops_the_engine(voice_clip):
    closed = []

    class Engine:
        def transcribe(self, waveform, alone=False):
            try:
                while True:
                    yield self
            except GeneratorExit:
                closed.append(True)

    steps = Recogniser(Engine(), stages()).recognise(voice_clip, NO_FAULTS, "r")
    while next(steps) is None:
        pass
    steps.close()

    assert closed == [True]


def test_silence_is_stepped_through_too(recogniser, make_file):
    minute = read_header(Content.of(make_file(np.zeros(60 * 8_000, np.float32), 8_000)), max_seconds=60)

    *nothing, figures = recogniser.recognise(minute, NO_FAULTS, "r")

    assert len(nothing) > 5
    assert set(nothing) == {None}
    assert figures.duration == pytest.approx(60, abs=1)


def test_silence_does_not_reach_the_engine(recogniser, make_file):
    transcript, figures = recogniser.transcribe(silence(make_file), NO_FAULTS, "r")

    assert transcript.text == ""
    assert figures.quality.speech_ratio == 0


def test_stages_that_are_off_measure_and_leave_out_nothing(counting_engine, make_file):
    off = Recogniser(counting_engine, stages(vad_mode=None, measure_quality=False))

    transcript, figures = off.transcribe(silence(make_file), NO_FAULTS, "r")

    assert (transcript.word_count, figures.quality) == (10, None)


def test_cut_tail_shortens_what_is_heard_not_what_is_reported(recogniser, voice_clip):
    transcript, _ = recogniser.transcribe(voice_clip, Faults(cut_tail_seconds=1), "r")

    assert transcript.word_count == pytest.approx(10, abs=3)
    assert transcript.duration == 2


def test_whole_clip_cut_is_an_empty_transcript(recogniser, voice_clip):
    assert recogniser.transcribe(voice_clip, Faults(cut_tail_seconds=9), "r")[0].text == ""


def test_delay_counts_as_inference(recogniser, voice_clip):
    _, figures = recogniser.transcribe(voice_clip, Faults(inference_delay_seconds=0.05), "r")

    assert figures.stage_seconds["inference"] >= 0.05


def test_empty_ratio_empties_the_transcript(recogniser, voice_clip):
    assert recogniser.transcribe(voice_clip, Faults(empty_ratio=1), "r")[0].text == ""


def test_clipping_shows_in_the_quality(recogniser, voice_clip):
    def clipped_ratio(faults):
        return recogniser.transcribe(voice_clip, faults, "r")[1].quality.clipped_ratio

    assert clipped_ratio(NO_FAULTS) < 0.2 < 0.5 < clipped_ratio(Faults(clip_gain_db=30))
