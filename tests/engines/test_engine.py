"""What every engine does with its own model: hears a clip right, to its end, and knows how surely."""

import itertools

import numpy as np
import pytest

from model_server.self_test import spoken_words


def test_clip_is_heard_right(engine, artefact, clip, final):
    assert spoken_words(final(engine.transcribe(clip)).text) == spoken_words(artefact.self_test.text)


def test_clip_after_five_seconds_of_silence_is_heard_to_its_end(engine, row, artefact, clip, final):
    silence = np.zeros(5 * artefact.sample_rate, dtype=np.float32)
    heard = final(engine.transcribe(np.concatenate((silence, clip))))

    assert spoken_words(heard.text) == spoken_words(artefact.self_test.text)
    assert [word.end > 5 for word in heard.words] == [True] * len(heard.words)


def test_text_only_grows(engine, clip):
    texts = [hypothesis.text for hypothesis in engine.transcribe(clip)]

    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))
    assert len(texts) > len(texts[-1].split())


def test_closed_iterator_is_done(engine, clip):
    hypotheses = engine.transcribe(clip)
    next(hypotheses)
    hypotheses.close()

    assert next(hypotheses, None) is None


def test_words_are_surer_than_noise(engine, clip, final):
    noise = np.random.default_rng(7).normal(0, 0.1, len(clip)).astype(np.float32)
    heard, guessed = final(engine.transcribe(clip)).confidence, final(engine.transcribe(noise)).confidence

    assert 0 <= guessed < heard <= 1


def test_words_have_times_where_the_engine_has_them(engine, row, artefact, clip, final):
    heard = final(engine.transcribe(clip))
    bounds = [bound for word in heard.words for bound in (word.start, word.end)]

    assert " ".join(word.text for word in heard.words) == (heard.text if row.has_word_times else "")
    assert bounds == sorted(bounds)
    assert all(0 <= bound <= len(clip) / artefact.sample_rate for bound in bounds)


@pytest.mark.parametrize("samples", [0, 1, 400, 1_600])
def test_almost_no_audio_is_no_crash(engine, final, samples):
    assert isinstance(final(engine.transcribe(np.zeros(samples, dtype=np.float32))).text, str)


def test_longest_segment_is_taken(engine, artefact, clip, final):
    samples = int(artefact.limits.max_segment_seconds * artefact.sample_rate)
    heard = final(engine.transcribe(np.resize(clip, samples)))

    assert spoken_words(heard.text)[:3] == spoken_words(artefact.self_test.text)[:3]


def test_clips_heard_at_the_same_time_are_heard_as_alone(engine, clip, final):
    clips = [clip, clip[: len(clip) // 2], clip[len(clip) // 3 :]]
    alone = [final(engine.transcribe(each)) for each in clips]
    running = {number: engine.transcribe(each) for number, each in enumerate(clips)}
    together = {}
    while running:
        for number, hypotheses in list(running.items()):
            hypothesis = next(hypotheses, None)
            if hypothesis is None:
                del running[number]
            else:
                together[number] = hypothesis

    assert [(together[n].text, together[n].confidence) for n in range(3)] == [
        (each.text, each.confidence) for each in alone
    ]


def test_clip_given_up_leaves_its_company_alone(engine, clip, final):
    alone = final(engine.transcribe(clip))
    left, stays = engine.transcribe(clip[: len(clip) // 2]), engine.transcribe(clip)
    for hypotheses in (left, stays, left, stays, left):
        next(hypotheses)
    left.close()
    heard = final(stays)

    assert (heard.text, heard.confidence) == (alone.text, alone.confidence)
