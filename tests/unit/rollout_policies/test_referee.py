"""Walks from start to end over real HTTP; the cluster is a list in memory (a real one: tests/e2e)."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rollout_policies import runner
from rollout_policies.errors import ClusterError
from rollout_policies.evidence import EvidenceFile, Identity, Pair, SideResult
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.probe import ProbeLimits
from rollout_policies.referee import Referee, RefereeOptions
from rollout_policies.rollouts import Comparison
from rollout_policies.walk import walk_order
from tests.unit.rollout_policies.scripted_predictor import (
    Said,
    ScriptedPredictor,
    StartPredictor,
    say_first_word,
    say_label,
)

NOBODY_READY = "waiting for a ready pod of each side"


def until(what: str, holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds, or fail by its name."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        pause.wait(0.01)


@dataclass
class Town:
    """A cluster of one Rollout, its pods and the Events recorded on it."""

    predictors: Sequence[ScriptedPredictor]
    status: dict[str, Any]
    annotations: dict[str, str]
    ready: str = "True"
    experiment: str = ""
    events: list[tuple[str, str]] = field(default_factory=list)
    failures: int = 0

    def rollouts(self) -> list[dict[str, Any]]:
        """Return the Rollout, unless an outage was asked for."""
        if self.failures:
            self.failures -= 1
            raise ClusterError("the Kubernetes API answered 500 on purpose")
        metadata = {"namespace": "speech", "name": "asr", "uid": "u", "annotations": self.annotations}
        return [{"metadata": metadata, "spec": {}, "status": self.status}]

    def pods(self, comparison: Comparison) -> list[dict[str, Any]]:
        """Return a pod for each predictor; the first is an Experiment's once one was asked for."""
        pods: list[dict[str, Any]] = [
            {
                "metadata": {
                    "name": f"asr-{predictor.pod_template_hash}",
                    "labels": {"rollouts-pod-template-hash": predictor.pod_template_hash},
                },
                "status": {
                    "podIP": predictor.address,
                    "conditions": [{"type": "Ready", "status": self.ready}],
                },
            }
            for predictor in self.predictors
        ]
        if self.experiment:
            pods[0]["metadata"]["labels"]["serinus.dev/baseline"] = "true"
            pods[0]["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": self.experiment}]
        return pods

    def announce(self, comparison: Comparison, reason: str, message: str, warning: bool) -> None:
        """Keep the Event."""
        self.events.append((reason, message))


BuildTown = Callable[..., Town]


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "PAUSE_SECONDS", 0.02)


@pytest.fixture
def town(start_predictor: StartPredictor) -> BuildTown:
    """Build a town whose candidate and stable pods answer as told."""

    def build(candidate: Callable[[bytes], Said], stable: Callable[[bytes], Said] = say_label) -> Town:
        # One port on two loopback addresses, as pods have.
        first = start_predictor("aaa", stable, "127.0.0.2")
        second = start_predictor("bbb", candidate, "127.0.0.3", first.port)
        annotations = {
            "rollout.argoproj.io/revision": "7",
            "serinus.dev/golden-set": "small",
            "serinus.dev/probe-port": str(first.port),
            "serinus.dev/probe-rate": "50",
        }
        return Town((first, second), {"stableRS": "aaa", "currentPodHash": "bbb"}, annotations)

    return build


StartReferee = Callable[[Town], Referee]


@pytest.fixture
def referee(golden: GoldenSet, tmp_path: Path) -> Iterator[StartReferee]:
    """Make a referee that keeps its evidence in the test's directory and ended walks for no time."""
    made: list[Referee] = []

    def make(town: Town) -> Referee:
        options = RefereeOptions(
            tmp_path,
            limits=ProbeLimits(attempts=2, timeout_seconds=5),
            look_seconds=0.02,
            keep_ended_seconds=0,
        )
        made.append(Referee(town, {"small": golden}, options))
        return made[-1]

    yield make
    for one in made:
        stopped = threading.Event()
        stopped.set()
        one.run(stopped)


def _doing(referee: Referee) -> list[str]:
    return [view.doing for view in referee.views()]


def test_a_candidate_is_walked_to_the_last_clip(town: BuildTown, referee: StartReferee) -> None:
    """Five clips of 17 words; the first word of each is right, so 12 are wrong."""
    place = town(say_first_word)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
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
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
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
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
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
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
    assert len(place.predictors[1].requests) == 1 + 2, "one to warm up, then the clips that were left"
    assert place.events[0][1].endswith("3 of them compared before")


def test_a_complete_walk_is_shown_again_without_a_probe(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
    again = referee(place)
    again.look()
    assert again.views()[0].figures == judge.views()[0].figures
    until("the second walk is complete", lambda: _doing(again) == ["complete"])
    assert len(place.predictors[1].requests) == 1 + 5


@pytest.mark.parametrize("change", [{"stableRS": "bbb"}, {"abort": True}], ids=["promoted", "aborted"])
def test_a_walk_ends_with_its_release_and_then_goes_from_view(
    town: BuildTown, referee: StartReferee, change: dict[str, Any]
) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
    place.status |= change
    judge.look()
    assert judge.views()[0].ended_at is not None
    judge.look()
    assert judge.views() == []


def test_a_retry_of_the_same_candidate_continues(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
    place.status["abort"] = True
    judge.look()
    place.status["abort"] = False
    judge.look()
    view = judge.views()[0]
    assert view.ended_at is None
    assert view.figures is not None
    assert view.figures.pairs == 5


def test_what_pods_with_users_said_is_no_evidence_against_fresh_ones_nor_the_other_way_round(
    town: BuildTown, referee: StartReferee
) -> None:
    """Each of the two walks has its five clips and one to warm up; the first is then shown again."""
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
    place.annotations["serinus.dev/baseline"] = "true"
    judge.look()
    (view,) = judge.views()
    assert (view.identity.baseline, view.figures) == (True, None)
    until("it waits for a fresh pod", lambda: _doing(judge) == [NOBODY_READY])
    place.experiment = "asr-bbb-7-0-stable"
    judge.look()
    until("the second walk is complete", lambda: _doing(judge) == ["complete"])
    fresh = judge.views()[0].figures
    assert fresh is not None
    assert (fresh.pairs, len(place.predictors[1].requests)) == (5, 6 + 6)
    assert any("is compared with fresh pods of stable aaa" in message for _, message in place.events)
    place.annotations["serinus.dev/baseline"] = "false"
    judge.look()
    until("the first walk is complete", lambda: _doing(judge) == ["complete"])
    assert judge.views()[0].identity.baseline is False
    assert len(place.predictors[1].requests) == 6 + 6


def test_of_the_walks_of_one_comparison_the_last_begun_is_shown(
    town: BuildTown, referee: StartReferee
) -> None:
    place = town(say_label)
    judge = referee(place)
    for baseline in ("false", "true", "false"):
        place.annotations["serinus.dev/baseline"] = baseline
        judge.look()
        (view,) = judge.views()
        assert (view.identity.baseline, view.ended_at) == (baseline == "true", None)
        until("no walk asks on", lambda: _doing(judge) in (["complete"], [NOBODY_READY]))


@pytest.mark.parametrize(
    ("annotation", "value"), [("serinus.dev/golden-set", "another"), ("serinus.dev/baseline", "perhaps")]
)
def test_a_walk_that_cannot_be_is_not_answered_for_by_an_earlier_one(
    town: BuildTown, referee: StartReferee, annotation: str, value: str
) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the first walk is complete", lambda: _doing(judge) == ["complete"])
    place.annotations[annotation] = value
    judge.look()
    assert judge.views() == []


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
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
    assert [reason for reason, _ in place.events].count("WalkStarted") == 2


def _walks_alive() -> int:
    return sum(thread.name.startswith("walk-") for thread in threading.enumerate())


def test_a_walk_waits_for_pods_and_goes_on(town: BuildTown, referee: StartReferee) -> None:
    place = town(say_label)
    place.ready = "False"
    judge = referee(place)
    judge.look()
    until("the walk waits", lambda: _doing(judge) == [NOBODY_READY])
    assert judge.views()[0].figures is None
    place.ready = "True"
    judge.look()
    until("the walk is complete", lambda: _doing(judge) == ["complete"])


def test_two_sides_that_never_answer_are_held_up_not_passed(town: BuildTown, referee: StartReferee) -> None:
    missing = Said(status=404)
    place = town(lambda _: missing, lambda _: missing)
    judge = referee(place)
    judge.look()
    until("the hold-up is told", lambda: any(reason == "WalkHeldUp" for reason, _ in place.events))
    assert judge.views()[0].figures is None
    assert _doing(judge)[0].startswith("trying again: neither side gave a transcript")


def test_a_stable_side_that_refuses_holds_the_walk_up(town: BuildTown, referee: StartReferee) -> None:
    refuses = threading.Event()
    refuses.set()
    place = town(say_label, lambda audio: Said(status=503) if refuses.is_set() else say_label(audio))
    judge = referee(place)
    judge.look()
    until("the hold-up is told", lambda: any(reason == "WalkHeldUp" for reason, _ in place.events))
    assert judge.views()[0].figures is None
    refuses.clear()
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
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
    until("the walk is complete", lambda: _doing(judge) == ["complete"])
    stopping.set()
    loop.join(5)
    assert not loop.is_alive()
