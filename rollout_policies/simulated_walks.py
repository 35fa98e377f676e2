"""Walks many releases at once against a margin, with the referee's bets; knows nothing of their making."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rollout_policies.estimand import Estimand
from rollout_policies.population import damped, strengths
from rollout_policies.recorded_errors import Releases
from rollout_policies.sequential import Alphas, Floats, capital, draw_times, sums_before, weight_before
from rollout_policies.walk import shared

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Clips walked at once: the bets of all stakes on them then fit into a processor's cache or two.
CLIPS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Policy:
    """What a gate asks for: a margin in errors per word, how sure it must be, of what, and the pairs that a
    pass needs."""

    margin: float = 0.01
    alphas: Alphas = field(default_factory=Alphas)
    min_pairs: int = 50
    estimand: Estimand = Estimand.SET


@dataclass(frozen=True)
class Endings:
    """After how many clips each of many releases was failed or passed; clips + 1 where never."""

    failed_after: Counts
    passed_after: Counts
    clips: int

    @property
    def failed(self) -> Flags:
        """Which were failed."""
        return (self.failed_after <= self.clips) & (self.failed_after <= self.passed_after)

    @property
    def passed(self) -> Flags:
        """Which were passed."""
        return (self.passed_after <= self.clips) & ~self.failed

    @property
    def decided_after(self) -> Counts:
        """After how many clips each was decided; clips + 1 where never."""
        return np.minimum(self.failed_after, self.passed_after)


def walk_releases(releases: Releases, rng: np.random.Generator, policy: Policy) -> Endings:
    """Walk each release once, in an order drawn by words; each clip is a look, a complete walk decides of its
    set."""
    times = draw_times(releases.words, rng)
    drawn, times = releases.ordered(np.argsort(times, axis=-1)), np.sort(times, axis=-1)
    clips = drawn.words.shape[-1]
    rows = max(1, CLIPS_AT_ONCE // clips)
    found = []
    for part in (slice(i, i + rows) for i in range(0, len(drawn.words), rows)):
        parts, words = drawn.parts[part], drawn.words[part]
        if policy.estimand is Estimand.POPULATION:
            found.append(decide_of_population(parts, words, times[part], policy))
        else:
            found.append(decide(parts, words, policy))
    return Endings(
        np.concatenate([e.failed_after for e in found]),
        np.concatenate([e.passed_after for e in found]),
        clips,
    )


def decide(parts: Floats, words: Floats, policy: Policy) -> Endings:
    """Walk releases (rows) with their clips in the given order."""
    clips = parts.shape[-1]
    total = words.sum(axis=-1)
    above, below = first_refusals(parts, words, policy.margin * total, shared(policy.alphas))
    # At the last clip the bounds meet.
    over = parts.sum(axis=-1) > policy.margin * total
    above = np.where(over, np.minimum(above, clips), above)
    below = np.where(over, below, np.minimum(below, clips))
    # A pass also needs the smallest number of clips; bounds only tighten, so it is then that it comes.
    return Endings(above, np.maximum(below, min(policy.min_pairs, clips)), clips)


def decide_of_population(parts: Floats, words: Floats, times: Floats, policy: Policy) -> Endings:
    """Walk releases (rows) with their clips in the order of their times; not all are decided."""
    clips = parts.shape[-1]
    above, below = first_refusals_of_ratio(parts, words, times, policy.margin, shared(policy.alphas))
    # A pass waits for the smallest number of clips, but nothing is passed that was not proven.
    waited = np.where(below <= clips, np.maximum(below, min(policy.min_pairs, clips)), below)
    return Endings(above, waited, clips)


def first_refusals_of_ratio(
    parts: Floats, words: Floats, times: Floats, hypothesis: float, alphas: Alphas
) -> tuple[Counts, Counts]:
    """Return the clips after which "of all such speech at most / at least so much a word" is refused."""
    longest = words.max(axis=-1, keepdims=True)
    x, strength, flat = parts / words, strengths(words, times, longest), np.ones_like(parts)
    above = capital(damped(x, strength, hypothesis), hypothesis * flat) >= 1 / alphas.fail
    below = capital(damped(-x, strength, -hypothesis), -hypothesis * flat) >= 1 / alphas.passing
    return _first(above), _first(below)


def first_refusals(parts: Floats, words: Floats, hypothesis: Floats, alphas: Alphas) -> tuple[Counts, Counts]:
    """Return the clips after which "at most / at least this in all" is refused; clips + 1 where never."""
    whole = words.sum(axis=-1, keepdims=True)
    left, before = weight_before(words, whole), sums_before(parts)
    mu = (hypothesis[..., None] - before) / left
    seen, after = before + parts, left - words
    above = (capital(parts / words, mu) >= 1 / alphas.fail) | (seen - after > hypothesis[..., None])
    below = (capital(-parts / words, -mu) >= 1 / alphas.passing) | (seen + after < hypothesis[..., None])
    return _first(above), _first(below)


def _first(reached: Flags) -> Counts:
    return np.asarray(np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1, reached.shape[-1] + 1))
