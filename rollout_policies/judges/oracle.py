"""How soon a release could be caught by one who knows its errors, a limit to every valid bound; is no judge.

The gambler of `sequential` bets at each draw on x_t, whose mean is mu_t if the set is just at the margin.
Here he knows the clips that are left, though not their order, and so the stake at which his capital grows
fastest (Kelly 1956): the c in [0, 1] that maximises the mean of log(1 + c (x - mu) / (1 + mu)) over them. No
stakes, mixture or plug-in that learns them does better: where K is his capital and E that of any other such
bets, E / K is a supermartingale, so that E is ever more than k times K with probability at most 1/k (Ville).
Hence E has reached 1/alpha in half of the releases no sooner than K has reached 1/(k alpha) in a share of
1/2 - 1/k of them, whatever k.

A test that looks once, at a clip chosen before, need not pay for its other looks. The best one by the normal
approximation, which also knows the variance v_t of each draw and the true difference, weighs x_t - mu_t by
its expectation over v_t. It is valid at that one clip alone, and only as far as the approximation holds.

What this does not cover: bets on x_t minus a difference foretold of each clip, whose own mean is known. They
would be sooner by what the foretelling explains of the variance.

Sources: Kelly, "A new interpretation of information rate" (1956); Bell and Cover, "Competitive optimality of
logarithmic investment" (1980), for E / K; Waudby-Smith and Ramdas (arXiv 2010.09686), section 5, for stakes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from rollout_policies.judges.bars import CAUGHT_POINTS
from rollout_policies.judges.compare import CompareOptions, Say
from rollout_policies.judges.subject import Subject
from rollout_policies.recorded_errors import Releases
from rollout_policies.sequential import Floats, draw_order, sums_before, weight_before
from rollout_policies.simulated_walks import Flags, Policy, walk_releases
from rollout_policies.walk import shared

# The gambler's search for his stakes takes a second for 50 releases of 500 clips.
RELEASES = 1000
# Halvings of the stake's interval: what a thousandth of the best stake costs in growth is not seen.
HALVINGS = 10
# A variance or a room for losses below it is none.
NEXT_TO_NOTHING = 1e-12
# The k for which the limit is computed; any is valid, the latest limit counts.
ODDS_ON_OTHERS = (2.5, 3.0, 4.0, 6.0, 10.0, 20.0)


@dataclass(frozen=True)
class Soonest:
    """Clips after which half of the releases of a kind are failed against a margin (in the kinds' sizes): by
    the walk, by the gambler who knows, by any bets at the soonest, and by one look; None where never."""

    kind: str
    margin: float
    walk: int | None
    gambler: int | None
    any_bets: int | None
    one_look: int | None


def how_soon(subject: Subject, options: CompareOptions, say: Say) -> Iterator[Soonest]:
    """Yield it for every kind of word errors that the bars ask to catch, and for no margin at all."""
    count = min(options.repetitions, RELEASES)
    for number, kind in enumerate(kind for kind in subject.kinds if kind.made and kind.size >= CAUGHT_POINTS):
        for points in (subject.margin, 0.0):
            say(f"asking how soon {kind.name} could be caught beyond {points:g}")
            rng = np.random.default_rng([options.seed, 0, number])
            releases = kind.draw(options.clips, count, rng)
            yield soonest(kind.name, releases, replace(subject.policy, margin=points / 100), rng)


def soonest(kind: str, releases: Releases, policy: Policy, rng: np.random.Generator) -> Soonest:
    """Walk each release once with each of them, in an order drawn by words."""
    walked = walk_releases(releases, rng, policy)
    drawn = releases.ordered(draw_order(releases.words, rng))
    capital, score = play(drawn.parts, drawn.words, policy.margin)
    alpha = shared(policy.alphas).fail
    target = float(np.log(1 / alpha))
    limits = [_first(_ever(capital >= target - np.log(k)), 0.5 - 1 / k) for k in ODDS_ON_OTHERS]
    return Soonest(
        kind,
        100 * policy.margin,
        _first(np.arange(1, walked.clips + 1) >= walked.failed_after[:, None], 0.5),
        _first(_ever(capital >= target), 0.5),
        max((limit for limit in limits if limit is not None), default=None),
        # A look at one clip is no look at those before it.
        _first(score > NormalDist().inv_cdf(1 - alpha), 0.5),
    )


def play(parts: Floats, words: Floats, margin: float) -> tuple[Floats, Floats]:
    """Return the gambler's log capital and the one look's normal score after each draw (releases x clips)."""
    x = parts / words
    whole = words.sum(axis=-1, keepdims=True)
    left = weight_before(words, whole)
    mu = (margin * whole - sums_before(parts)) / left
    growth, drift, variance = (np.zeros_like(x) for _ in range(3))
    for draw in range(x.shape[-1]):
        share = words[:, draw:] / left[:, draw, None]
        excess = x[:, draw:] - mu[:, draw, None]
        drift[:, draw] = (share * excess).sum(axis=-1)
        variance[:, draw] = (share * excess**2).sum(axis=-1) - drift[:, draw] ** 2
        growth[:, draw] = _grown(share, excess, 1 + mu[:, draw])
    # A mean that cannot be any more is refused; what is known before the last draw has no variance.
    capital = np.cumsum(np.where(mu > -1, growth, np.inf), axis=-1)
    weight = drift / np.maximum(variance, NEXT_TO_NOTHING)
    told = np.cumsum(weight * (x - mu), axis=-1)
    return capital, told / np.sqrt(np.maximum(np.cumsum(weight**2 * variance, axis=-1), NEXT_TO_NOTHING))


def _grown(share: Floats, excess: Floats, room: Floats) -> Floats:
    """Return the log growth of the first of the clips left at the stake that is best for all of them."""
    odds = excess / np.maximum(room, NEXT_TO_NOTHING)[:, None]
    low, high = np.zeros(len(odds)), np.ones(len(odds))
    for _ in range(HALVINGS):
        stake = (low + high) / 2
        rising = (share * odds / (1 + stake[:, None] * odds)).sum(axis=-1) > 0
        low, high = np.where(rising, stake, low), np.where(rising, high, stake)
    return np.log1p(low * odds[:, 0])


def _ever(reached: Flags) -> Flags:
    return np.asarray(np.maximum.accumulate(reached, axis=-1))


def _first(reached: Flags, share: float) -> int | None:
    """Return the first clip after which this share of the releases has reached it."""
    enough = reached.mean(axis=0) >= share
    return int(enough.argmax()) + 1 if enough.any() else None
