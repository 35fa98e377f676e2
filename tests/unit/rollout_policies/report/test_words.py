"""Transcripts beside their labels, and which clips are the worst."""

import pytest

from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.report.words import MOST_WORDS, Tally, aligned, tally, worst
from tests.unit.rollout_policies.report.recorded import PAIRS


@pytest.mark.parametrize(
    ("label", "said", "expected"),
    [
        ("please hold", "Please, hold!", [("please", "same"), ("hold", "same")]),
        ("please hold on", "please hold", [("please", "same"), ("hold", "same"), ("on", "missing")]),
        ("please hold", "please hold on", [("please", "same"), ("hold", "same"), ("on", "extra")]),
        ("please hold", "please fold", [("please", "same"), ("fold", "wrong")]),
        ("please hold", "", [("please", "missing"), ("hold", "missing")]),
    ],
)
def test_words_are_marked_beside_their_label(label: str, said: str, expected: list[tuple[str, str]]) -> None:
    assert [(word.text, word.kind) for word in aligned(label, said)] == expected


def test_a_transcript_without_end_is_cut() -> None:
    assert len(aligned("a", "a " * 10_000)) == MOST_WORDS


def test_clips_are_counted_by_what_the_candidate_changed() -> None:
    assert tally(PAIRS) == Tally(worse=3, better=1, same=1)


def test_the_worst_come_first_and_none_that_got_better(golden: GoldenSet) -> None:
    found = worst({clip.name: clip for clip in golden.clips}, PAIRS)
    assert [(u.clip.name, u.worse_by) for u in found] == [
        ("audio/4.wav", 5),
        ("audio/2.wav", 3),
        ("audio/1.wav", 1),
    ]
    assert (found[0].candidate.reason, found[0].candidate.words) == ("status 500", ())
