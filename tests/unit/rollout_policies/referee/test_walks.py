"""Walks from start to end over real HTTP; the cluster is a list in memory (a real one: tests/e2e)."""

import threading
from pathlib import Path
from typing import Any

import pytest

from rollout_policies.evidence import EvidenceFile, Identity, Pair, SideResult
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.walk import walk_order
from tests.unit.rollout_policies.referee.conftest import NOBODY_READY, BuildTown, StartReferee, doing, until
from tests.unit.rollout_policies.scripted_predictor import Said, say_first_word, say_label


def test_a_candidate_is_walked_to_the_last_clip(town: BuildTown, referee: StartReferee) -> None:
    """Five clips of 17 words; the first word of each is right, so 12 are wrong."""
    place = town(say_first_word)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    figures = judge.views()[0].figures
    assert figures is not None
    assert dict(figures.differences)["word_errors"].lower == pytest.approx(12 / 17)
    assert (figures.pairs, figures.remaining, judge.views()[0].revision) == (5, 0, "7")


def test_a_walk_is_told_by_events_with_its_figures(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_first_word)
    judge = referee(place)
    judge.look()
    until("both events are there", lambda: len(place.events) == 2)
    assert place.events[0] == (
        "WalkStarted",
        "candidate bbb is compared with stable aaa on golden set small: 5 clips, 17 words",
    )
    assert place.events[1][0] == "WalkCompleted"
    assert "5 of 5 clips compared; word errors +70.59 points" in place.events[1][1]


def test_the_bounds_speak_of_what_the_rollout_asks_for(town: BuildTown, referee: StartReferee) -> None:
    """Also of a walk that is over, once another estimand is asked for."""
    place = town(say_first_word)
    place.annotations["serinus.dev/estimand"] = "population"
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    until("both events are there", lambda: len(place.events) == 2)
    assert "word errors of all such speech +70.59 points" in place.events[1][1]
    del place.annotations["serinus.dev/estimand"]
    judge.look()
    figures = judge.views()[0].figures
    assert figures is not None
    assert dict(figures.differences)["word_errors"].upper == pytest.approx(12 / 17)


def test_a_pods_first_answer_is_no_evidence(town: BuildTown, referee: StartReferee) -> None:
    """A cold candidate takes a hundred times as long once, and says nothing right."""
    answered: list[bytes] = []

    def cold_once(audio: bytes) -> Said:
        answered.append(audio)
        if len(answered) == 1:
            return Said("cold", headers={"x-serinus-inference-ms": "1000"})
        return say_label(audio)

    judge = referee(town(cold_once))
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    figures = judge.views()[0].figures
    assert figures is not None
    assert dict(figures.differences)["latency"].upper == pytest.approx(1, rel=1e-4)
    assert (figures.candidate_word_errors, len(answered)) == (0, 6)


def test_a_restart_continues_where_it_was(
    town: BuildTown, referee: StartReferee, golden: GoldenSet, tmp_path: Path
) -> None:
    identity = Identity("speech", "asr", "aaa", "bbb", golden.digest)
    before = EvidenceFile(tmp_path, identity)
    for clip in walk_order(golden, identity)[:3]:
        side = SideResult(clip.reference, 0, 200, "", 10.0, 1, "asr")
        before.append(Pair(clip.name, 1.0, side, side))
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    assert len(place.predictors[1].requests) == 1 + 2, "one to warm up, then the clips that were left"
    assert place.events[0][1].endswith("3 of them compared before")


def test_a_complete_walk_is_shown_again_without_a_probe(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    again = referee(place)
    again.look()
    assert again.views()[0].figures == judge.views()[0].figures
    until("the second walk is complete", lambda: doing(again) == ["complete"])
    assert len(place.predictors[1].requests) == 1 + 5


@pytest.mark.parametrize("change", [{"stableRS": "bbb"}, {"abort": True}], ids=["promoted", "aborted"])
def test_a_walk_ends_with_its_release_and_then_goes_from_view(
    town: BuildTown, referee: StartReferee, change: dict[str, Any]
) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    place.status |= change
    judge.look()
    assert judge.views()[0].ended_at is not None
    judge.look()
    assert judge.views() == []


def test_a_retry_of_the_same_candidate_continues(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    place.status["abort"] = True
    judge.look()
    place.status["abort"] = False
    judge.look()
    view = judge.views()[0]
    assert view.ended_at is None
    assert view.figures is not None
    assert view.figures.pairs == 5


def test_a_retry_waits_for_the_answer_that_the_ended_walk_still_waits_for(
    town: BuildTown, referee: StartReferee
) -> None:
    """Two walks of one identity would write the same file."""
    asked, let_go = threading.Event(), threading.Event()

    def slow(audio: bytes) -> Said:
        asked.set()
        let_go.wait(10)
        return say_label(audio)

    until("no other test's walk is left", lambda: _walks_alive() == 0)
    place = town(slow)
    judge = referee(place)
    judge.look()
    until("the candidate is asked", asked.is_set)
    place.status["abort"] = True
    judge.look()
    place.status["abort"] = False
    judge.look()
    assert _walks_alive() == 1
    assert judge.views()[0].ended_at is not None
    let_go.set()
    until("the ended walk is over", lambda: _walks_alive() == 0)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    assert [reason for reason, _ in place.events].count("WalkStarted") == 2


def _walks_alive() -> int:
    return sum(thread.name.startswith("walk-") for thread in threading.enumerate())


def test_a_walk_waits_for_pods_and_goes_on(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_label)
    place.ready = "False"
    judge = referee(place)
    judge.look()
    until("the walk waits", lambda: doing(judge) == [NOBODY_READY])
    assert judge.views()[0].figures is None
    place.ready = "True"
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])


def test_two_sides_that_never_answer_are_held_up_not_passed(town: BuildTown, referee: StartReferee) -> None:
    missing = Said(status=404)
    place = town(lambda _: missing, lambda _: missing)
    judge = referee(place)
    judge.look()
    until("the hold-up is told", lambda: any(reason == "WalkHeldUp" for reason, _ in place.events))
    assert judge.views()[0].figures is None
    assert doing(judge)[0].startswith("trying again: neither side gave a transcript")


def test_a_stable_side_that_refuses_holds_the_walk_up(town: BuildTown, referee: StartReferee) -> None:
    refuses = threading.Event()
    refuses.set()
    place = town(say_label, lambda audio: Said(status=503) if refuses.is_set() else say_label(audio))
    judge = referee(place)
    judge.look()
    until("the hold-up is told", lambda: any(reason == "WalkHeldUp" for reason, _ in place.events))
    assert judge.views()[0].figures is None
    refuses.clear()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    figures = judge.views()[0].figures
    assert figures is not None
    assert (figures.pairs, figures.stable_word_errors) == (5, 0)


@pytest.mark.parametrize(
    ("annotation", "value", "said"),
    [
        ("serinus.dev/golden-set", "large", "golden set 'large' is not known; this referee has: small"),
        ("serinus.dev/probe-rate", "fast", "serinus.dev/probe-rate must be a number, not 'fast'"),
    ],
)
def test_what_cannot_be_walked_is_told_once_by_name(
    town: BuildTown, referee: StartReferee, annotation: str, value: str, said: str
) -> None:
    place = town(say_label)
    place.annotations[annotation] = value
    judge = referee(place)
    judge.look()
    judge.look()
    assert place.events == [("WalkImpossible", said)]
    assert judge.views() == []


def test_an_outage_of_the_api_is_waited_out(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_label)
    place.failures = 2
    judge = referee(place)
    stopping = threading.Event()
    loop = threading.Thread(target=judge.run, args=(stopping,))
    loop.start()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    stopping.set()
    loop.join(5)
    assert not loop.is_alive()
