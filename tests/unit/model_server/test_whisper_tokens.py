"""Whisper's vocabulary: bytes as GPT-2 writes them, words at spaces; files that do not fit are refused."""

import json

import pytest

from model_server.engines.whisper_tokens import read_rules, read_vocabulary
from model_server.errors import ArtefactError

SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]
# In GPT-2's writing a space is U+0120 and a byte such as 0xC3 or 0xA9 the character of that number.
TOKENS = ["ĠHi", "Ġca", "f", "Ã", "©", "."]
RULES = {"suppress_ids": [1], "suppress_ids_begin": [0, 6], "alignment_heads": [[1, 2]]}


@pytest.fixture
def vocabulary(tmp_path):
    (tmp_path / "vocabulary.txt").write_text("\n".join(TOKENS + SPECIAL) + "\n", encoding="utf-8")
    return read_vocabulary(tmp_path / "vocabulary.txt")


def test_tokens_are_spelled_in_bytes(vocabulary):
    assert vocabulary.spelled(0) == b" Hi"
    assert vocabulary.text([0, 1, 2, 3, 4, 5]) == "Hi café."


def test_cut_character_is_left_out(vocabulary):
    assert vocabulary.text([1, 2, 3]) == "caf"


def test_special_tokens_say_nothing(vocabulary):
    assert vocabulary.text([7, 0, 6]) == "Hi"


def test_words_begin_with_a_space(vocabulary):
    assert vocabulary.words([0, 1, 2, 3, 4, 5]) == [("Hi", 1), ("café.", 5)]


def test_prompt_names_language_and_task(vocabulary):
    assert vocabulary.prompt("en") == [7, 8, 9, 10]


def test_language_without_a_token_is_refused(vocabulary):
    with pytest.raises(ArtefactError, match=r"no token '<\|tlh\|>'"):
        vocabulary.prompt("tlh")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff", "must be UTF-8"),
        (b"a b\n<|endoftext|>\n", "line 1: 'a b' is no token"),
        (b"a\n", r"no token '<\|endoftext\|>'"),
        (b"\n" * 200_001, "200000 tokens at most, not 200001"),
    ],
)
def test_other_vocabulary_is_refused(tmp_path, content, sentence):
    (tmp_path / "vocabulary.txt").write_bytes(content)

    with pytest.raises(ArtefactError, match=sentence):
        read_vocabulary(tmp_path / "vocabulary.txt")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"suppress_ids": [11]}, "a token must be 0 to 10, not 11"),
        ({"suppress_ids_begin": [-1]}, "a token must be 0 to 10, not -1"),
        ({"suppress_ids": None}, "must be the config.json of a Whisper"),
        ({"alignment_heads": [[2, 0]]}, r"a head must be in 2 layers of 4, not \(2, 0\)"),
        ({"alignment_heads": []}, "must have alignment_heads, at least one"),
    ],
)
def test_rules_that_do_not_fit_are_refused(tmp_path, change, sentence):
    (tmp_path / "config.json").write_text(json.dumps(RULES | change))

    with pytest.raises(ArtefactError, match=sentence):
        read_rules(tmp_path / "config.json", 11, (2, 4))


def test_rules_are_read(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(RULES))
    rules = read_rules(tmp_path / "config.json", 11, (2, 4))

    assert (rules.suppressed, rules.suppressed_first, rules.alignment_heads) == ((1,), (0, 6), ((1, 2),))
