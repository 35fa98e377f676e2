"""Whisper on the golden set's prompts, which its gates will ask: few words wrong, in each precision."""

import dataclasses
import json
import os
from pathlib import Path

import pytest
import soundfile
import soxr

from model_server.engines.whisper import WhisperTorch
from model_server.self_test import spoken_words

# Whisper base has 4 to 6 % on clean read speech (Radford et al. 2022, table 8); prompts of one to three
# words, where nothing else tells what a word is, is harder.
MAX_WORD_ERROR_RATE = 0.12
# Whisper writes these as digits, which is no error.
NUMBERS = {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "zero", "hundred"}


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


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_few_words_of_the_prompts_are_wrong(artefact, prompts, precision):
    engine = WhisperTorch(dataclasses.replace(artefact, precision=precision), threads=1)
    wrong = total = 0
    for path, said in prompts:
        samples, rate = soundfile.read(path, dtype="float32")
        *_, heard = engine.transcribe(soxr.resample(samples, rate, 16_000))
        wrong += errors(said, spoken_words(heard.text))
        total += len(said)

    assert total > 100
    assert wrong / total < MAX_WORD_ERROR_RATE
