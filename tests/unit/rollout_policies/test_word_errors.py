"""Word errors counted by hand."""

import pytest

from rollout_policies.word_errors import count_word_errors, normalised


@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors"),
    [
        ("press one now", "Press one, now!", 0),
        ("press one now", "press now", 1),
        ("press one now", "depress one now", 1),
        ("press one now", "please press one now", 1),
        ("press one now", "", 3),
        ("press one now", "...", 3),
        ("added", "i did it all", 1),  # capped at the clip's words
    ],
)
def test_errors_are_substitutions_deletions_and_insertions_up_to_the_words(
    reference: str, hypothesis: str, errors: int
) -> None:
    assert count_word_errors(normalised(reference), hypothesis) == errors


@pytest.mark.parametrize(
    ("text", "words"),
    [("You've 21 colours", "you have 21 colors"), ("um, uh", ""), ("You have...", "you have")],
)
def test_ways_of_writing_are_made_one(text: str, words: str) -> None:
    assert normalised(text) == words
