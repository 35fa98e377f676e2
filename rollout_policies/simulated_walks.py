"""Walks many releases at once against a margin, with the referee's bets; knows nothing of their making."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rollout_policies.recorded_errors import Releases
from rollout_policies.sequential import Alphas, Floats, capital, sums_before, weight_before
from rollout_policies.walk import shared

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Clips walked at once: the bets of all stakes on them then fit into a processor's cache or two.
CLIPS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Policy:
    """What a gate asks for: a margin in errors per word, how sure it must be, and the pairs that a pass
    needs."""

    margin: float = 0.01
    alphas: Alphas = field(default_factory=Alphas)
    min_pairs: int = 50


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
    """Walk each release once, in an order drawn by words; each clip is a look, a complete walk decides."""
    # Exponential clocks, as in sequential.draw_order.
    order = np.argsort(rng.exponential(size=releases.words.shape) / releases.words, axis=-1)
    drawn = releases.ordered(order)
    clips = drawn.words.shape[-1]
    rows = max(1, CLIPS_AT_ONCE // clips)
    starts = range(0, len(drawn.words), rows)
    found = [decide(drawn.parts[i : i + rows], drawn.words[i : i + rows], policy) for i in starts]
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
