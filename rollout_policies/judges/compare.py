"""Lets every judge judge the same releases, kind by kind; knows nothing of tables, pictures or files."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from rollout_policies.judges.kayenta import CONFIDENCE
from rollout_policies.judges.peers import (
    Judge,
    kayenta_by_clip,
    kayenta_by_look,
    shuffled,
    threshold_from,
    tune_confidence,
    tune_threshold,
)
from rollout_policies.recorded_errors import Change, Recorded, Releases, draw_releases, least_harmful
from rollout_policies.simulated_walks import Endings, Policy, walk_releases
from rollout_policies.tally import Tally, tally

OURS = "walk"
# Points of WER; 1.2 is just above the default margin, where a false promotion is likeliest.
POINTS = (0.0, 0.2, 0.5, 1.0, 1.2, 2.0, 5.0)
FIRST_CLIPS = (10, 50, 100, 200)
KAYENTAS: dict[str, Judge] = {
    "Kayenta, a point a clip": kayenta_by_clip,
    "Kayenta, a point a look": kayenta_by_look,
}
RELEASES_AT_ONCE = 1000
# A correction tries a dozen settings: of 2000 releases 1 % is 20, give or take 4.
RELEASES_TO_CORRECT = 2000

Say = Callable[[str], None]


@dataclass(frozen=True)
class CompareOptions:
    """On sets of how many clips, how often, and what the gate asks for; `error` is what peers are held to."""

    clips: int
    repetitions: int = 10_000
    error: float = 0.01
    seed: int = 1
    policy: Policy = field(default_factory=Policy)


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


def kinds(recorded: Recorded) -> list[Change]:
    """Return the kinds of release: by points, a harmless one that changes much, every recorded version."""
    harmless = least_harmful(recorded)
    others = [version for version in recorded.errors if version != recorded.stable]
    best = min(others, key=recorded.points)
    return [
        Change("+0, another model", best, 0.0),
        *(Change(f"+{points:g}", harmless, points) for points in POINTS),
        *(Change(version, harmless) for version in others),
    ]


def tuned_peers(recorded: Recorded, options: CompareOptions, say: Say) -> list[Peer]:
    """Return the peers: Kayenta's judge as it comes, and every peer held to the error on releases of its own.

    They are held to it on every kind up to the margin, as the walk is. Kayenta's judge has no second row
    where it keeps that error as it comes.
    """
    harmless = _harmless_releases(recorded, options)
    peers = []
    for name, judge in KAYENTAS.items():
        say(f"correcting {name}")
        confidence = tune_confidence(judge, harmless, options.error)
        peers.append(Peer(name, judge, CONFIDENCE))
        if confidence != CONFIDENCE:
            peers.append(Peer(f"{name}, corrected", judge, confidence))
    for first in FIRST_CLIPS:
        threshold = tune_threshold(first, harmless, options.error)
        peers.append(Peer(f"threshold from clip {first}", threshold_from(first), threshold))
    return peers


def _harmless_releases(recorded: Recorded, options: CompareOptions) -> list[Releases]:
    """Return releases of every kind up to the margin, those whose own set is within it."""
    rng = np.random.default_rng([options.seed, 0])
    count = min(options.repetitions, RELEASES_TO_CORRECT)
    batches = []
    for change in kinds(recorded):
        if change.points is not None and change.points <= 100 * options.policy.margin:
            releases = shuffled(draw_releases(recorded, change, options.clips, count, rng), rng)
            batches.append(releases.only(releases.truth <= options.policy.margin))
    return batches


def compare(recorded: Recorded, peers: Sequence[Peer], options: CompareOptions, say: Say) -> Iterator[Judged]:
    """Yield each judge's tally of each kind of release."""
    for number, change in enumerate(kinds(recorded), start=1):
        say(f"judging {change.name}")
        batches: dict[str, list[Endings]] = {}
        truths = []
        for batch, count in enumerate(_counts(options.repetitions)):
            rng = np.random.default_rng([options.seed, number, batch])
            releases = draw_releases(recorded, change, options.clips, count, rng)
            truths.append(releases.truth)
            for name, judged in _judge_all(releases, peers, options.policy, rng):
                batches.setdefault(name, []).append(judged)
        truth = np.concatenate(truths)
        points = recorded.points(change.name) if change.points is None else change.points
        for name, parts in batches.items():
            endings = functools.reduce(_joined, parts)
            yield Judged(tally(name, change.name, points, endings, truth, options.policy.margin), endings)


def _counts(repetitions: int) -> list[int]:
    whole, rest = divmod(repetitions, RELEASES_AT_ONCE)
    return [RELEASES_AT_ONCE] * whole + ([rest] if rest else [])


def _judge_all(
    releases: Releases, peers: Sequence[Peer], policy: Policy, rng: np.random.Generator
) -> Iterator[tuple[str, Endings]]:
    yield OURS, walk_releases(releases, rng, policy)
    in_any_order = shuffled(releases, rng)
    for peer in peers:
        yield peer.name, peer.judge(in_any_order, peer.setting)


def _joined(one: Endings, other: Endings) -> Endings:
    return Endings(
        np.concatenate([one.failed_after, other.failed_after]),
        np.concatenate([one.passed_after, other.passed_after]),
        one.clips,
    )
