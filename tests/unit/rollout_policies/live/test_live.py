"""Live transcripts: read, joined, bounded, kept; the arithmetic by hand."""

import json
import math
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rollout_policies.errors import EventError
from rollout_policies.evidence import Identity
from rollout_policies.live import store as stores
from rollout_policies.live.comparer import LiveComparer
from rollout_policies.live.disagreement import bound_share, disagreement, share
from rollout_policies.live.feedback import FeedbackTally
from rollout_policies.live.heard import Heard, Wordless, read_event
from rollout_policies.live.join import Join
from rollout_policies.live.listener import Listener
from rollout_policies.live.metrics import LiveMetrics
from rollout_policies.live.slices import Compared, slices
from rollout_policies.live.store import LiveStore
from rollout_policies.metrics import WalkView
from rollout_policies.sequential import Alphas

IDENTITY = Identity("speech", "asr", "aaa", "bbb", "f" * 64)


def event(request_id: str = "r-1", pod: str = "aaa", text: str = "turn it off", **data: Any) -> bytes:
    found = {
        "request_id": request_id,
        "traffic": "user",
        "pod_template_hash": pod,
        "audio_seconds": 2.5,
        "transcripts": [{"duration": 2.5, "confidence": 0.8, "text": text}],
        **data,
    }
    return json.dumps({"specversion": "1.0", "type": "dev.serinus.transcript", "data": found}).encode()


def heard(request_id: str, pod: str, text: str = "yes") -> Heard:
    return Heard(request_id, pod, text, 1.0, 0.9)


def test_a_transcript_event_is_read() -> None:
    assert read_event(event()) == Heard("r-1", "aaa", "turn it off", 2.5, 0.8)


def test_a_transcript_whose_words_are_kept_back_still_says_who_served() -> None:
    assert read_event(event(transcripts=[{"duration": 1, "confidence": None}])) == Wordless("r-1", "aaa")


def test_a_text_with_half_a_character_can_be_kept(store: LiveStore) -> None:
    both = [read_event(event(pod=pod, text=text)) for pod, text in (("aaa", "half\ud83d"), ("bbb", "no"))]
    stable, candidate = (told for told in both if isinstance(told, Heard))
    store.add(IDENTITY, stable, candidate, 1.0)
    assert [found.stable for found in store.worst(IDENTITY, 1)] == ["half?"]


def test_what_users_said_counts_whichever_pods_the_golden_walk_asks(store: LiveStore) -> None:
    store.add(IDENTITY, heard("r-1", "aaa"), heard("r-1", "bbb", "no"), 1.0)
    assert store.counted(replace(IDENTITY, baseline=True)) == store.counted(IDENTITY)
    assert store.counted(IDENTITY)[0] == 1


@pytest.mark.parametrize("traffic", ["probe", "load", "partial"])
def test_what_no_user_said_is_let_go(traffic: str) -> None:
    assert read_event(event(traffic=traffic)) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"type": "dev.serinus.transcript"}',
        b'{"type": "dev.serinus.feedback", "data": {"request_id": "r-1", "action": "shouted"}}',
        event(audio_seconds="long"),
        event(audio_seconds=10**400),
        event("r" * 129),
        event("r\ud83d"),
        event(text="no " * 40_000),
        b"[" * 100_000,
    ],
    ids=[
        "empty",
        "list",
        "null",
        "no text",
        "no data",
        "no action",
        "no number",
        "overflow",
        "endless id",
        "strange id",
        "endless text",
        "deep",
    ],
)
def test_what_is_no_event_is_refused_by_a_sentence(body: bytes) -> None:
    with pytest.raises(EventError, match="not an event of a predictor"):
        read_event(body)


def test_two_versions_of_one_request_are_a_pair_once() -> None:
    join = Join()
    assert join.add(heard("r-1", "aaa"), 0) is None
    assert join.add(heard("r-1", "aaa"), 1) is None
    assert join.add(heard("r-1", "bbb"), 2) == (heard("r-1", "aaa"), heard("r-1", "bbb"))
    assert join.add(heard("r-1", "bbb"), 3) is None


def test_who_waits_too_long_or_among_too_many_is_given_up_and_counted() -> None:
    join = Join(window_seconds=10, capacity=2)
    join.add(heard("r-1", "aaa"), 0)
    assert join.add(heard("r-1", "bbb"), 11) is None
    join.add(heard("r-2", "aaa"), 12)
    join.add(heard("r-3", "aaa"), 13)
    assert join.alone == 2
    assert join.add(heard("r-3", "bbb"), 14) is not None


@pytest.mark.parametrize(
    ("stable", "candidate", "differences", "words"),
    [
        ("turn it off", "Turn it off.", 0, 3),
        ("turn it off", "turn it on", 1, 3),
        ("turn it off", "", 3, 3),
        ("", "hello there", 2, 1),
        ("", "", 0, 1),
    ],
)
def test_disagreement_is_counted_in_words(stable: str, candidate: str, differences: int, words: int) -> None:
    assert disagreement(stable, candidate) == (differences, words)
    assert share(differences, words) <= 1


def test_no_disagreement_in_n_utterances_bounds_it_by_three_over_n() -> None:
    # Without any the best bet wins 1 / (1 - m) each time: 20 = (1 - m)^-n, so m is about ln 20 / n = 3 / n.
    bounds = bound_share(np.zeros(300), Alphas(passing=0.05))
    assert bounds is not None
    assert bounds.lower == pytest.approx(0, abs=1e-6)
    assert math.log(20) / 300 <= bounds.upper <= 1.5 * math.log(20) / 300


def test_half_of_the_words_are_soon_known_to_differ() -> None:
    bounds = bound_share(np.tile([0.0, 1.0], 100), Alphas())
    assert bounds is not None
    assert 0.3 < bounds.lower < 0.5 < bounds.upper < 0.7


def test_a_true_mean_is_missed_no_more_often_than_alpha() -> None:
    rng, missed = np.random.default_rng(3), 0
    for _ in range(200):
        found = bound_share((rng.random(200) < 0.1).astype(float), Alphas(fail=0.05, passing=0.05))
        assert found is not None
        missed += not found.lower <= 0.1 <= found.upper
    # At most 10 % of 200 and two standard deviations of a binomial; at the last look alone far fewer.
    assert missed <= 20 + 2 * math.sqrt(200 * 0.1 * 0.9)


def test_pairs_outlive_a_restart_and_count_once(tmp_path: Path) -> None:
    for _ in range(2):
        store = LiveStore(tmp_path / "live.sqlite")
        store.add(IDENTITY, heard("r-1", "aaa", "turn it off"), heard("r-1", "bbb", "turn it on"), 5.0)
        store.close()
    store = LiveStore(tmp_path / "live.sqlite")
    shares, counted = store.shares(IDENTITY), store.counted(IDENTITY)
    store.close()
    assert (shares.tolist(), counted) == ([pytest.approx(1 / 3)], (1, 5.0))


def test_words_are_kept_of_the_worst_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "KEPT", 2)
    store = LiveStore(tmp_path / "live.sqlite")
    for number, said in enumerate(("red green blue", "red green grey", "red pink grey", "gold pink grey")):
        store.add(
            IDENTITY, heard(f"r-{number}", "aaa", "red green blue"), heard(f"r-{number}", "bbb", said), 1.0
        )
    worst = store.worst(IDENTITY, 10)
    shares = store.shares(IDENTITY)
    store.close()
    assert [found.request_id for found in worst] == ["r-3", "r-2"]
    assert len(shares) == 4


def test_a_file_from_before_sound_was_told_is_read_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "live.sqlite") as old:
        columns = "identity TEXT, request_id TEXT, at REAL, share REAL, audio_seconds REAL, confidence REAL"
        old.execute(f"CREATE TABLE pair ({columns}, stable TEXT, candidate TEXT)")
    old.close()
    store = LiveStore(tmp_path / "live.sqlite")
    quiet = Heard("r-1", "bbb", "no", 1.0, 0.7, -40.0, 3.0)
    store.add(IDENTITY, heard("r-1", "aaa"), quiet, 1.0)
    compared = store.compared(IDENTITY)
    store.close()
    assert compared == [Compared(1.0, 1.0, 0.7, -40.0, 3.0)]


def test_pairs_are_sliced_by_what_is_known_of_them() -> None:
    pairs = [Compared(0.5, 1.9, None, -24.0, 10.0), Compared(0, 2.0, 0.95, -24.0, 30.0)]
    found = {(one.figure, one.range): (one.pairs, one.differing, one.disagreement) for one in slices(pairs)}
    assert found == {
        ("audio", "below 2 s"): (1, 1, 0.5),
        ("audio", "2 to 5 s"): (1, 0, 0),
        ("confidence", "0.95 and more"): (1, 0, 0),
        ("confidence", "unknown"): (1, 1, 0.5),
        ("loudness", "-30 to -23 LUFS"): (2, 1, 0.25),
        ("speech over noise", "10 to 20 dB"): (1, 1, 0.5),
        ("speech over noise", "30 dB and more"): (1, 0, 0),
    }


@pytest.fixture
def store() -> Iterator[LiveStore]:
    """A store in memory."""
    store = LiveStore(":memory:")
    yield store
    store.close()


@pytest.fixture
def listener(store: LiveStore) -> Iterator[Listener]:
    """A listener for one comparison."""
    feedback = FeedbackTally(":memory:")
    yield Listener(LiveComparer(store, Alphas()), feedback, lambda: [IDENTITY])
    feedback.close()


def test_what_two_versions_of_a_comparison_heard_counts_and_nothing_else_does(listener: Listener) -> None:
    for pod in ("bbb", "aaa", "ccc"):
        listener.take(event("r-1", pod))
    listener.take(event("r-2", "aaa"))
    listener.take(event("r-2", "ccc"))
    figures = listener.comparer.figures(IDENTITY)
    assert figures is not None
    assert figures.pairs == 1
    assert figures.disagreement.estimate == 0


def bounds(listener: Listener) -> object:
    """What the pairs of IDENTITY prove."""
    figures = listener.comparer.figures(IDENTITY)
    return figures and figures.disagreement


def test_bounds_are_computed_anew_only_when_a_pair_has_come(listener: Listener, store: LiveStore) -> None:
    store.add(IDENTITY, heard("r-1", "aaa"), heard("r-1", "bbb", "no"), 1.0)
    first = bounds(listener)
    assert bounds(listener) is first
    store.add(IDENTITY, heard("r-2", "aaa"), heard("r-2", "bbb"), 2.0)
    assert bounds(listener) != first


def test_bounds_are_forgotten_with_their_walk(listener: Listener, store: LiveStore) -> None:
    views = [WalkView(IDENTITY, "7", None, "comparing", None)]
    metrics = LiveMetrics(listener, lambda: views)
    store.add(IDENTITY, heard("r-1", "aaa"), heard("r-1", "bbb", "no"), 1.0)
    first = bounds(listener)
    list(metrics.collect())
    assert bounds(listener) is first
    views.clear()
    list(metrics.collect())
    again = bounds(listener)
    assert again == first
    assert again is not first


def test_what_cannot_be_read_and_what_has_no_words_is_counted(listener: Listener) -> None:
    with pytest.raises(EventError):
        listener.take(b"no event")
    for pod in ("aaa", "bbb"):
        listener.take(event("r-1", pod, transcripts=[{"duration": 1, "confidence": None}]))
    assert (listener.unread, listener.wordless) == (1, 2)
    assert listener.comparer.figures(IDENTITY) is None
