"""What one probe makes of each kind of answer, over real HTTP on loopback."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from rollout_policies.cost import Spent
from rollout_policies.evidence import Pair
from rollout_policies.golden.manifest import Clip, GoldenSet
from rollout_policies.probe import SECONDS_UNTIL_KNOWN_GONE, Discarded, ProbeLimits, Prober
from rollout_policies.referee import RefereeOptions
from rollout_policies.rollouts import Endpoint
from tests.unit.rollout_policies.scripted_predictor import Said, StartPredictor, say_first_word, say_label

RNG = random.Random(3)  # noqa: S311 which side is asked first is no secret
LIMITS = ProbeLimits(timeout_seconds=5, attempts=3)


@pytest.fixture
def clip(golden: GoldenSet) -> Clip:
    return golden.clips[0]


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def prober(waited: list[float]) -> Iterator[Prober]:
    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    with httpx.Client(trust_env=False) as client:
        yield Prober(client, LIMITS, wait, lambda _: True)


def _pair(prober: Prober, clip: Clip, stable: Endpoint, candidate: Endpoint) -> Pair:
    outcome = prober.probe_pair(clip, stable, candidate, RNG)
    assert isinstance(outcome, Pair), outcome
    return outcome


def _answers(*said: Said) -> Callable[[bytes], Said]:
    """Answer one after the other, the last one for ever."""
    left = list(said)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def test_a_pair_holds_both_sides_errors_and_times(
    prober: Prober, clip: Clip, start_predictor: StartPredictor
) -> None:
    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", say_first_word)
    pair = _pair(prober, clip, stable.endpoint, candidate.endpoint)
    assert (pair.stable.word_errors, pair.candidate.word_errors) == (0, 2)
    assert (pair.stable.inference_ms, pair.candidate.pod) == (10.0, "asr-bbb")


def test_a_probe_says_that_it_is_one(prober: Prober, clip: Clip, start_predictor: StartPredictor) -> None:
    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", say_label)
    _pair(prober, clip, stable.endpoint, candidate.endpoint)
    sent = stable.requests[0]
    assert (sent["x-serinus-probe"], sent["content-type"]) == ("golden", "audio/wav")
    assert sent["path"] == "/v1/models/asr:predict"


def test_a_pair_tells_what_it_and_all_that_was_given_up_before_it_took(
    prober: Prober, clip: Clip, start_predictor: StartPredictor
) -> None:
    """A clip of 1 s, 10 ms of inference an answer; a warm-up, a clip without an answer, then two refusals."""
    stable = start_predictor("aaa", _answers(Said(status=500), Said("yes")))
    refusal = Said(status=503, headers={"x-serinus-inference-ms": ""})
    candidate = start_predictor("bbb", _answers(Said("yes"), Said(status=500), refusal, refusal, Said("yes")))
    prober.warm_up(clip, candidate.endpoint)
    given_up = prober.probe_pair(clip, stable.endpoint, candidate.endpoint, RNG)
    cost = _pair(prober, clip, stable.endpoint, candidate.endpoint).cost
    later = _pair(prober, clip, stable.endpoint, candidate.endpoint).cost
    assert isinstance(given_up, Discarded)
    assert cost is not None
    assert cost.seconds > 0
    assert cost.stable == Spent(2, 0, 0, 1.0, pytest.approx(0.02))
    assert cost.candidate == Spent(5, 2, 2, 2.0, pytest.approx(0.03))
    assert later is not None
    assert later.stable == later.candidate == Spent(1, 0, 0, 1.0, pytest.approx(0.01))


def test_the_side_asked_first_is_random(prober: Prober, clip: Clip, start_predictor: StartPredictor) -> None:
    asked: list[str] = []

    def noting(name: str) -> Callable[[bytes], Said]:
        return lambda audio: (asked.append(name), say_label(audio))[1]

    stable, candidate = start_predictor("aaa", noting("stable")), start_predictor("bbb", noting("candidate"))
    for _ in range(40):
        prober.probe_pair(clip, stable.endpoint, candidate.endpoint, RNG)
    assert 8 < asked[::2].count("stable") < 32


@pytest.mark.parametrize(
    ("said", "reason", "attempts"),
    [
        (Said(status=500), "status 500", 1),
        (Said(status=413), "status 413", 1),
        (Said(status=0), "broken answer", 3),
        (Said(), "an answer without predictions[0].text", 1),
    ],
)
def test_what_is_missing_counts_as_every_word_wrong(
    prober: Prober, clip: Clip, start_predictor: StartPredictor, said: Said, reason: str, attempts: int
) -> None:
    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", _answers(said))
    side = _pair(prober, clip, stable.endpoint, candidate.endpoint).candidate
    assert (side.word_errors, side.inference_ms, side.attempts) == (3, None, attempts)
    assert side.reason.startswith(reason)


def test_an_empty_transcript_misses_every_word_and_has_a_time(
    prober: Prober, clip: Clip, start_predictor: StartPredictor
) -> None:
    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", _answers(Said("")))
    side = _pair(prober, clip, stable.endpoint, candidate.endpoint).candidate
    assert (side.word_errors, side.reason, side.inference_ms) == (3, "", 10.0)


def test_no_answer_in_time_counts_as_every_word_wrong(
    clip: Clip, start_predictor: StartPredictor, waited: list[float]
) -> None:
    let_go = threading.Event()

    def late(audio: bytes) -> Said:
        let_go.wait(10)
        return say_label(audio)

    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", late)
    with httpx.Client(trust_env=False) as client:
        prober = Prober(client, replace(LIMITS, timeout_seconds=0.3), lambda _: False, lambda _: True)
        side = _pair(prober, clip, stable.endpoint, candidate.endpoint).candidate
    let_go.set()
    assert (side.word_errors, side.status, side.reason) == (3, 0, "no answer in 0.3 s")


def test_a_refusal_is_tried_again_after_what_it_asks_for(
    prober: Prober, clip: Clip, start_predictor: StartPredictor, waited: list[float]
) -> None:
    refusals = [
        Said(status=code, headers={"retry-after": after}) for code, after in ((503, "2"), (429, "900"))
    ]
    stable = start_predictor("aaa", say_label)
    candidate = start_predictor("bbb", _answers(*refusals, Said("press one")))
    side = _pair(prober, clip, stable.endpoint, candidate.endpoint).candidate
    assert (side.word_errors, side.attempts) == (1, 3)
    assert waited == [2.0, LIMITS.longest_backoff_seconds]


def test_a_side_that_only_refuses_has_every_word_wrong(
    prober: Prober, clip: Clip, start_predictor: StartPredictor, waited: list[float]
) -> None:
    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", _answers(Said(status=503)))
    side = _pair(prober, clip, stable.endpoint, candidate.endpoint).candidate
    assert (side.word_errors, side.reason, side.attempts) == (3, "status 503", 3)
    assert waited == [0.25, 0.5]


@pytest.mark.parametrize("said", [Said(status=503), Said(status=429), Said(status=0)])
@pytest.mark.parametrize("answer", [say_label, _answers(Said(status=503))], ids=["good", "refusing"])
def test_a_stable_side_that_gives_nothing_credits_no_candidate(
    prober: Prober,
    clip: Clip,
    start_predictor: StartPredictor,
    said: Said,
    answer: Callable[[bytes], Said],
) -> None:
    stable, candidate = start_predictor("aaa", _answers(said)), start_predictor("bbb", answer)
    outcome = prober.probe_pair(clip, stable.endpoint, candidate.endpoint, RNG)
    assert isinstance(outcome, Discarded)
    assert outcome.reason.startswith("stable gave nothing to compare with: asr-aaa of audio/0.wav: ")


@pytest.mark.parametrize("said", [Said(status=500), Said(status=413), Said("")])
def test_what_stable_itself_answers_counts_for_it(
    prober: Prober, clip: Clip, start_predictor: StartPredictor, said: Said
) -> None:
    stable, candidate = start_predictor("aaa", _answers(said)), start_predictor("bbb", say_label)
    pair = _pair(prober, clip, stable.endpoint, candidate.endpoint)
    assert (pair.stable.word_errors, pair.candidate.word_errors) == (3, 0)


@pytest.mark.parametrize("said", [Said(status=404), Said(status=500), Said()])
def test_two_sides_without_a_transcript_prove_nothing(
    prober: Prober, clip: Clip, start_predictor: StartPredictor, said: Said
) -> None:
    stable, candidate = start_predictor("aaa", _answers(said)), start_predictor("bbb", _answers(said))
    outcome = prober.probe_pair(clip, stable.endpoint, candidate.endpoint, RNG)
    assert isinstance(outcome, Discarded)
    assert outcome.reason.startswith("neither side gave a transcript")


def test_an_answer_of_another_pod_is_discarded(
    prober: Prober, clip: Clip, start_predictor: StartPredictor
) -> None:
    stable, other = start_predictor("aaa", say_label), start_predictor("ccc", say_label)
    asked = replace(other.endpoint, pod_template_hash="bbb", pod="asr-bbb")
    outcome = prober.probe_pair(clip, stable.endpoint, asked, RNG)
    assert isinstance(outcome, Discarded)
    assert "answered by hash 'ccc', not by asr-bbb of 'bbb'" in outcome.reason


def test_a_pod_that_has_gone_is_no_evidence(clip: Clip, start_predictor: StartPredictor) -> None:
    stable = start_predictor("aaa", say_label)
    gone = replace(stable.endpoint, pod="asr-bbb", pod_template_hash="bbb", url="http://127.0.0.1:9/")
    with httpx.Client(trust_env=False) as client:
        prober = Prober(client, LIMITS, lambda _: False, lambda endpoint: endpoint == stable.endpoint)
        outcome = prober.probe_pair(clip, stable.endpoint, gone, RNG)
    assert isinstance(outcome, Discarded)
    assert outcome.reason.startswith("asr-bbb is no longer ready (no connection")


def test_a_pod_that_takes_no_connection_is_no_evidence_however_ready_it_is_called(
    prober: Prober, clip: Clip, start_predictor: StartPredictor
) -> None:
    """A lost node's pods are called ready for most of a minute."""
    stable = start_predictor("aaa", say_label)
    lost = replace(stable.endpoint, pod="asr-bbb", pod_template_hash="bbb", url="http://127.0.0.1:9/")
    outcome = prober.probe_pair(clip, stable.endpoint, lost, RNG)
    assert isinstance(outcome, Discarded)
    assert outcome.reason.startswith("asr-bbb takes no connection (no connection")


def test_a_broken_answer_is_tried_again(
    prober: Prober, clip: Clip, start_predictor: StartPredictor, waited: list[float]
) -> None:
    stable = start_predictor("aaa", say_label)
    candidate = start_predictor("bbb", _answers(Said(status=0), Said("press one now")))
    side = _pair(prober, clip, stable.endpoint, candidate.endpoint).candidate
    assert (side.word_errors, side.attempts, side.reason) == (0, 2, "")
    assert waited == [0.25]


def test_a_pod_that_goes_while_it_is_asked_is_no_evidence(
    clip: Clip, start_predictor: StartPredictor
) -> None:
    """Nobody knows of it during the retries, only after the wait for the referee's next looks."""
    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", _answers(Said(status=0)))
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    def is_ready(endpoint: Endpoint) -> bool:
        return SECONDS_UNTIL_KNOWN_GONE not in waited

    with httpx.Client(trust_env=False) as client:
        outcome = Prober(client, LIMITS, wait, is_ready).probe_pair(
            clip, stable.endpoint, candidate.endpoint, RNG
        )
    assert isinstance(outcome, Discarded)
    assert outcome.reason.startswith("asr-bbb is no longer ready (broken answer")
    assert waited == [0.25, 0.5, SECONDS_UNTIL_KNOWN_GONE]


def test_a_pod_that_goes_is_known_after_two_looks() -> None:
    assert 2 * RefereeOptions(Path()).look_seconds < SECONDS_UNTIL_KNOWN_GONE
