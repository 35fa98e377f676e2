"""Whisper on the golden set's prompts, which its gates will ask: few words wrong, in each precision."""

import dataclasses
import functools
import json
import os
from pathlib import Path

import pytest
import soundfile
import soxr

from model_server.engines.arithmetic import Cpu
from model_server.engines.weights import this_cpu
from model_server.engines.whisper import WhisperTorch
from model_server.self_test import spoken_words

# Whisper base has 4 to 6 % on clean read speech (Radford et al. 2022, table 8); prompts of one to three
# words, where nothing else tells what a word is, is harder.
MAX_WORD_ERROR_RATE = 0.12
# Whisper writes these as digits, which is no error.
NUMBERS = {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "zero", "hundred"}

# Without and with AMX: bfloat16 is the same on every CPU, only slow where none multiplies it in tiles.
PLAIN, TILES = Cpu(amx=False, vnni=False), Cpu(amx=True, vnni=this_cpu().vnni)
# Of the words on all 363 prompts: docs/engines.md.
MAX_CHANGED = 0.02


@pytest.fixture(scope="module")
def prompts():
    """Every twelfth clip without a number, with its words."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    golden = Path(os.environ.get("SERINUS_CACHE") or f"{home}/serinus", "golden", "asterisk-en")
    lines = [json.loads(line) for line in (golden / "manifest.jsonl").read_text().splitlines()]
    said = [(golden / line["audio_filepath"], spoken_words(line["text"])) for line in lines]
    return [(path, words) for path, words in said if not NUMBERS & set(words)][::12]


def errors(said, heard):
    """The fewest words to replace, leave out or put in (Levenshtein 1966)."""
    row = list(range(len(heard) + 1))
    for left, word in enumerate(said, start=1):
        before, row[0] = row[0], left
        for right, other in enumerate(heard, start=1):
            before, row[right] = row[right], min(row[right] + 1, row[right - 1] + 1, before + (word != other))
    return row[-1]


@pytest.fixture(scope="module")
def heard(artefact, prompts):
    """The words that an engine of this precision hears in each prompt, on such a CPU."""

    @functools.cache
    def heard(precision, cpu):
        engine = WhisperTorch(dataclasses.replace(artefact, precision=precision), threads=1, cpu=cpu)
        texts = []
        for path, _ in prompts:
            samples, rate = soundfile.read(path, dtype="float32")
            *_, last = engine.transcribe(soxr.resample(samples, rate, 16_000))
            texts.append(spoken_words(last.text))
        return texts

    return heard


@pytest.mark.parametrize(("precision", "cpu"), [("fp32", PLAIN), ("int8", PLAIN), ("int8", TILES)])
def test_few_words_of_the_prompts_are_wrong(heard, prompts, precision, cpu):
    texts = heard(precision, cpu)
    wrong = sum(errors(said, text) for (_, said), text in zip(prompts, texts, strict=True))
    total = sum(len(said) for _, said in prompts)

    assert total > 100
    assert wrong / total < MAX_WORD_ERROR_RATE


def test_bfloat16_changes_few_words(heard):
    single, rounded = heard("int8", PLAIN), heard("int8", TILES)
    changed = sum(errors(one, other) for one, other in zip(single, rounded, strict=True))

    assert changed / sum(map(len, single)) < MAX_CHANGED
