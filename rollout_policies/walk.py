"""A walk through a golden set: its order, what its pairs prove and took; knows nothing of pods or files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rollout_policies.cost import Cost, added
from rollout_policies.estimand import Estimand
from rollout_policies.evidence import Identity, Pair
from rollout_policies.golden.manifest import Clip, GoldenSet
from rollout_policies.latency_factor import bound_factor
from rollout_policies.population import bound_ratio
from rollout_policies.sequential import Alphas, Bounds, Floats, bound_total, draw_times

# Two measures of a walk can fail a release, word errors and latency: each gets its share of the release's
# alpha.
MEASURES = ("word_errors", "latency")
# A factor speaks for the set only where at least this share of the words seen has both times.
LEAST_TIMED_SHARE = 0.5
# The set's own difference is what is meant where nothing is said.
WHOSE = {Estimand.SET: "", Estimand.POPULATION: " of all such speech"}


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
    # Of what the word errors speak; times are always the set's.
    estimand: Estimand = Estimand.SET


def walk_times(golden: GoldenSet, identity: Identity) -> dict[str, float]:
    """Return the time of each clip's draw by its name, the same whenever the same identity is walked."""
    rng = np.random.default_rng(list(identity.digest))
    words = np.array([clip.words for clip in golden.clips], dtype=float)
    names = (clip.name for clip in golden.clips)
    return dict(zip(names, draw_times(words, rng).tolist(), strict=True))


def walk_order(golden: GoldenSet, identity: Identity) -> list[Clip]:
    """Return the clips in the order of their draw."""
    times = walk_times(golden, identity)
    return sorted(golden.clips, key=lambda clip: times[clip.name])


def shared(alphas: Alphas) -> Alphas:
    """Return one measure's alphas: failing is divided among the measures, passing needs them all and is
    not."""
    return replace(alphas, fail=alphas.fail / len(MEASURES))


def weigh(
    golden: GoldenSet, pairs: Sequence[Pair], alphas: Alphas, population: Mapping[str, float] | None = None
) -> Figures | None:
    """Return what the pairs, in draw order, prove of the set; None before the first pair.

    With `population`, the times of the draw (`walk_times`), word errors are bounded of the speech that the
    set stands for; the estimate is the set's for both. Latency is left out where fewer than half of the words
    seen have both sides' times: a clip without them scores like an equal one and would dilute the factor.
    """
    if not pairs:
        return None
    words_of = {clip.name: clip.words for clip in golden.clips}
    words = np.array([words_of[pair.clip] for pair in pairs], dtype=float)
    stable = np.array([pair.stable.word_errors for pair in pairs], dtype=float)
    candidate = np.array([pair.candidate.word_errors for pair in pairs], dtype=float)
    rate = _of_set(candidate - stable, words, golden, alphas)
    if population is not None:
        times = np.array([population[pair.clip] for pair in pairs])
        rate = _of_population(candidate - stable, words, times, golden, alphas, rate.estimate)
    ratios = np.array([_time_ratio(pair) for pair in pairs])
    timed = float(words[np.isfinite(ratios)].sum()) >= LEAST_TIMED_SHARE * float(words.sum())
    factor = bound_factor(ratios, words, float(golden.words), shared(alphas)) if timed else None
    return Figures(
        pairs=len(pairs),
        remaining=len(golden.clips) - len(pairs),
        last_pair_at=pairs[-1].at,
        reference_words=int(words.sum()),
        stable_word_errors=int(stable.sum()),
        candidate_word_errors=int(candidate.sum()),
        differences=(("word_errors", rate), *((("latency", factor),) if factor else ())),
        cost=added(pair.cost for pair in pairs),
        estimand=Estimand.SET if population is None else Estimand.POPULATION,
    )


def _of_set(parts: Floats, words: Floats, golden: GoldenSet, alphas: Alphas) -> Bounds:
    total = bound_total(parts, words, float(golden.words), shared(alphas))
    return Bounds(total.lower / golden.words, total.estimate / golden.words, total.upper / golden.words)


def _of_population(
    parts: Floats, words: Floats, times: Floats, golden: GoldenSet, alphas: Alphas, estimate: float
) -> Bounds:
    longest = max(clip.words for clip in golden.clips)
    lower, upper = bound_ratio(parts, words, times, float(longest), shared(alphas))
    return Bounds(lower, min(max(estimate, lower), upper), upper)


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
            parts.append(points_said(bounds, WHOSE[figures.estimand]))
    return "; ".join(parts)


def points_said(bounds: Bounds, whose: str) -> str:
    """Say bounds of word errors in points; `whose` they are, from " of" on."""
    low, middle, high = (100 * value for value in (bounds.lower, bounds.estimate, bounds.upper))
    return f"word errors{whose} {middle:+.2f} points, between {low:+.2f} and {high:+.2f}"
