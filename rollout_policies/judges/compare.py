"""Lets every judge judge the same releases, kind by kind; knows nothing of tables, pictures or files."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rollout_policies.judges.kayenta import CONFIDENCE
from rollout_policies.judges.peers import Judge, shuffled, threshold_from, tune_confidence, tune_threshold
from rollout_policies.judges.subject import Subject
from rollout_policies.recorded_errors import Releases
from rollout_policies.simulated_walks import Endings, walk_releases
from rollout_policies.tally import Tally, tally

OURS = "walk"
RELEASES_AT_ONCE = 1000
# A correction tries a dozen settings: of 2000 releases 1 % is 20, give or take 4.
RELEASES_TO_CORRECT = 2000

Say = Callable[[str], None]


@dataclass(frozen=True)
class CompareOptions:
    """On sets of how many clips, and how often; `error` is what peers are held to, on so many releases.

    Peers judge the first `most_of_peers` releases of a kind alone, in whole batches; without it, all.
    """

    clips: int
    repetitions: int = 10_000
    error: float = 0.01
    to_correct: int = RELEASES_TO_CORRECT
    most_of_peers: int | None = None
    seed: int = 1


@dataclass(frozen=True)
class Judged:
    """One judge's tally of one kind of release, and how each release ended."""

    tally: Tally
    endings: Endings


@dataclass(frozen=True)
class Peer:
    """A judge of others with its setting, in words and as a number."""

    name: str
    judge: Judge
    setting: float


def tuned_peers(subject: Subject, options: CompareOptions, say: Say) -> list[Peer]:
    """Return the peers: Kayenta's judge as it comes, and every peer held to the error on releases of its own.

    They are held to it on every kind up to the margin, as the walk is. Kayenta's judge has no second row
    where it keeps that error as it comes.
    """
    harmless = _harmless_releases(subject, options)
    peers = []
    for name, judge in subject.kayentas.items():
        say(f"correcting {name}")
        confidence = tune_confidence(judge, harmless, options.error)
        peers.append(Peer(name, judge, CONFIDENCE))
        if confidence != CONFIDENCE:
            peers.append(Peer(f"{name}, corrected", judge, confidence))
    for first in subject.first_clips:
        name = f"{subject.threshold} from clip {first}"
        say(f"tuning {name}")
        threshold = tune_threshold(first, subject.running, harmless, options.error)
        peers.append(Peer(name, threshold_from(first, subject.running), threshold))
    return peers


def _harmless_releases(subject: Subject, options: CompareOptions) -> list[Releases]:
    """Return releases of every made kind up to the margin, those whose own set is within it."""
    rng = np.random.default_rng([options.seed, 0])
    count = min(options.repetitions, options.to_correct)
    batches = []
    for kind in subject.kinds:
        if kind.made and kind.size <= subject.margin:
            releases = shuffled(kind.draw(options.clips, count, rng), rng)
            batches.append(releases.only(subject.bet_on(releases).truth <= subject.policy.margin))
    return batches


def compare(subject: Subject, peers: Sequence[Peer], options: CompareOptions, say: Say) -> Iterator[Judged]:
    """Yield each judge's tally of each kind of release."""
    for number, kind in enumerate(subject.kinds, start=1):
        say(f"judging {kind.name}")
        batches: dict[str, list[Endings]] = {}
        truths = []
        for batch, count in enumerate(_counts(options.repetitions)):
            rng = np.random.default_rng([options.seed, number, batch])
            releases = kind.draw(options.clips, count, rng)
            truths.append(subject.bet_on(releases).truth)
            enough = options.most_of_peers is not None and batch * RELEASES_AT_ONCE >= options.most_of_peers
            asked = () if enough else peers
            for name, judged in _judge_all(releases, subject, asked, rng):
                batches.setdefault(name, []).append(judged)
        truth = np.concatenate(truths)
        for name, parts in batches.items():
            endings = functools.reduce(_joined, parts)
            of_judged = truth[: len(endings.failed_after)]
            yield Judged(
                tally(name, kind.name, kind.size, endings, of_judged, subject.policy.margin), endings
            )


def _counts(repetitions: int) -> list[int]:
    whole, rest = divmod(repetitions, RELEASES_AT_ONCE)
    return [RELEASES_AT_ONCE] * whole + ([rest] if rest else [])


def _judge_all(
    releases: Releases, subject: Subject, peers: Sequence[Peer], rng: np.random.Generator
) -> Iterator[tuple[str, Endings]]:
    yield OURS, walk_releases(subject.bet_on(releases), rng, subject.policy)
    in_any_order = shuffled(releases, rng)
    for peer in peers:
        yield peer.name, peer.judge(in_any_order, peer.setting)


def _joined(one: Endings, other: Endings) -> Endings:
    return Endings(
        np.concatenate([one.failed_after, other.failed_after]),
        np.concatenate([one.passed_after, other.passed_after]),
        one.clips,
    )
