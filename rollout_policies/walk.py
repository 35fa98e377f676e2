"""A walk through a golden set: its order, what its pairs prove and took; knows nothing of pods or files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rollout_policies.cost import Cost, added
from rollout_policies.evidence import Identity, Pair
from rollout_policies.golden.manifest import Clip, GoldenSet
from rollout_policies.latency_factor import bound_factor
from rollout_policies.sequential import Alphas, Bounds, bound_total, draw_order

# Two measures of a walk can fail a release, word errors and latency: each gets its share of the release's
# alpha.
MEASURES = ("word_errors", "latency")
# A factor speaks for the set only where at least this share of the words seen has both times.
LEAST_TIMED_SHARE = 0.5


@dataclass(frozen=True)
class Figures:
    """What a walk proves so far, and what it took.

    Differences are candidate minus stable per word, or candidate over stable for times.
    """

    pairs: int
    remaining: int
    last_pair_at: float
    reference_words: int
    stable_word_errors: int
    candidate_word_errors: int
    differences: tuple[tuple[str, Bounds], ...]
    cost: Cost


def walk_order(golden: GoldenSet, identity: Identity) -> list[Clip]:
    """Return the clips in the order of their draw, the same whenever the same identity is walked."""
    rng = np.random.default_rng(list(identity.digest))
    words = np.array([clip.words for clip in golden.clips], dtype=float)
    return [golden.clips[i] for i in draw_order(words, rng)]


def shared(alphas: Alphas) -> Alphas:
    """Return one measure's alphas: failing is divided among the measures, passing needs them all and is
    not."""
    return replace(alphas, fail=alphas.fail / len(MEASURES))


def weigh(golden: GoldenSet, pairs: Sequence[Pair], alphas: Alphas) -> Figures | None:
    """Return what the pairs, in draw order, prove of the set; None before the first pair.

    Latency is left out where fewer than half of the words seen have both sides' times: a clip without them
    scores like an equal one and would dilute the factor.
    """
    if not pairs:
        return None
    words_of = {clip.name: clip.words for clip in golden.clips}
    words = np.array([words_of[pair.clip] for pair in pairs], dtype=float)
    stable = np.array([pair.stable.word_errors for pair in pairs], dtype=float)
    candidate = np.array([pair.candidate.word_errors for pair in pairs], dtype=float)
    total = bound_total(candidate - stable, words, float(golden.words), shared(alphas))
    ratios = np.array([_time_ratio(pair) for pair in pairs])
    timed = float(words[np.isfinite(ratios)].sum()) >= LEAST_TIMED_SHARE * float(words.sum())
    factor = bound_factor(ratios, words, float(golden.words), shared(alphas)) if timed else None
    rate = Bounds(total.lower / golden.words, total.estimate / golden.words, total.upper / golden.words)
    return Figures(
        pairs=len(pairs),
        remaining=len(golden.clips) - len(pairs),
        last_pair_at=pairs[-1].at,
        reference_words=int(words.sum()),
        stable_word_errors=int(stable.sum()),
        candidate_word_errors=int(candidate.sum()),
        differences=(("word_errors", rate), *((("latency", factor),) if factor else ())),
        cost=added(pair.cost for pair in pairs),
    )


def _time_ratio(pair: Pair) -> float:
    """Return candidate over stable inference time; NaN where either gave no transcript or no time."""
    stable, candidate = pair.stable, pair.candidate
    if stable.reason or candidate.reason or not stable.inference_ms or not candidate.inference_ms:
        return float("nan")
    return candidate.inference_ms / stable.inference_ms


def sentence(figures: Figures | None) -> str:
    """Say a walk's figures in words for an Event, a log line or a page."""
    if figures is None:
        return "no pair yet"
    parts = [f"{figures.pairs} of {figures.pairs + figures.remaining} clips compared"]
    for measure, bounds in figures.differences:
        if measure == "latency":
            parts.append(
                f"inference time x{bounds.estimate:.2f}, between x{bounds.lower:.2f} and x{bounds.upper:.2f}"
            )
        else:
            low, middle, high = (100 * value for value in (bounds.lower, bounds.estimate, bounds.upper))
            parts.append(f"word errors {middle:+.2f} points, between {low:+.2f} and {high:+.2f}")
    return "; ".join(parts)
