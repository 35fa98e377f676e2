"""Feedback: who served the request it is on, once each, over a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout_policies.evidence import Identity
from rollout_policies.live import feedback as tallies
from rollout_policies.live.feedback import FeedbackTally
from rollout_policies.live.heard import Feedback, Wordless

IDENTITY = Identity("speech", "asr", "aaa", "bbb", "f" * 64)
OTHER_SET = Identity("speech", "asr", "aaa", "bbb", "e" * 64)


@pytest.fixture
def tally() -> Iterator[FeedbackTally]:
    """A tally in memory."""
    tally = FeedbackTally(":memory:")
    yield tally
    tally.close()


def served(tally: FeedbackTally, request_id: str, pod: str, *comparisons: Identity) -> None:
    tally.served(Wordless(request_id, pod), comparisons or [IDENTITY], 1.0)


def given(tally: FeedbackTally, request_id: str, action: str, now: float = 2.0) -> None:
    tally.given(Feedback(request_id, action), [IDENTITY], now)


def counts(tally: FeedbackTally, identity: Identity = IDENTITY) -> set[tuple[str, str, int]]:
    return {(count.serving, count.action, count.count) for count in tally.counts(identity)}


def test_feedback_counts_for_the_version_that_served(tally: FeedbackTally) -> None:
    served(tally, "r-1", "aaa")
    served(tally, "r-2", "bbb")
    given(tally, "r-1", "accepted")
    given(tally, "r-2", "typed")
    assert counts(tally) == {("aaa", "accepted", 1), ("bbb", "typed", 1)}


@pytest.mark.parametrize("order", [("aaa", "bbb"), ("bbb", "aaa")])
def test_what_both_heard_stable_served(tally: FeedbackTally, order: tuple[str, str]) -> None:
    for pod in order:
        served(tally, "r-1", pod)
    given(tally, "r-1", "redone")
    assert counts(tally) == {("aaa", "redone", 1)}


def test_a_request_counts_once_as_it_was_first_judged(tally: FeedbackTally) -> None:
    served(tally, "r-1", "bbb")
    for action in ("accepted", "accepted", "corrected"):
        given(tally, "r-1", action)
    served(tally, "r-1", "aaa")
    given(tally, "r-1", "redone")
    assert counts(tally) == {("bbb", "accepted", 1)}


def test_feedback_may_overtake_its_transcript(tally: FeedbackTally) -> None:
    given(tally, "r-1", "corrected")
    given(tally, "r-1", "accepted")
    assert counts(tally) == set()
    served(tally, "r-1", "bbb")
    given(tally, "r-1", "accepted")
    assert counts(tally) == {("bbb", "corrected", 1)}


def test_feedback_on_nothing_anyone_served_is_given_up_and_counted() -> None:
    tally = FeedbackTally(":memory:", early_capacity=2)
    for number in range(3):
        given(tally, f"r-{number}", "typed")
    assert tally.unserved == 1
    given(tally, "r-9", "typed", now=2.0 + tallies.EARLY_SECONDS + 1)
    assert tally.unserved == 3
    tally.close()


def test_a_version_that_is_not_compared_has_no_count(tally: FeedbackTally) -> None:
    served(tally, "r-1", "ccc")
    given(tally, "r-1", "typed")
    tally.given(Feedback("r-2", "typed"), [], 1.0)
    assert counts(tally) == set()


def test_two_golden_sets_are_one_comparison(tally: FeedbackTally) -> None:
    served(tally, "r-1", "bbb", IDENTITY, OTHER_SET)
    tally.given(Feedback("r-1", "typed"), [IDENTITY, OTHER_SET], 1.0)
    assert counts(tally) == counts(tally, OTHER_SET) == {("bbb", "typed", 1)}


def test_counts_and_what_was_served_outlive_a_restart(tmp_path: Path) -> None:
    first = FeedbackTally(tmp_path / "feedback.sqlite")
    served(first, "r-1", "bbb")
    served(first, "r-2", "bbb")
    given(first, "r-1", "typed")
    first.close()
    second = FeedbackTally(tmp_path / "feedback.sqlite")
    given(second, "r-1", "typed")
    given(second, "r-2", "typed", now=7.0)
    found = second.counts(IDENTITY)
    second.close()
    assert [(count.count, count.last_at) for count in found] == [(2, 7.0)]


def test_no_more_requests_are_kept_than_may_be(tmp_path: Path) -> None:
    tally = FeedbackTally(tmp_path / "feedback.sqlite", capacity=2)
    for number in range(4):
        served(tally, f"r-{number}", "bbb")
    for number in range(4):
        given(tally, f"r-{number}", "typed")
    assert counts(tally) == {("bbb", "typed", 2)}
    tally.close()
