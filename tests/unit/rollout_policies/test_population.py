"""Bounds of the population: by hand, against the truth in many walks where they are tight, what they cost."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rollout_policies import simulated_walks
from rollout_policies.estimand import Estimand
from rollout_policies.population import bound_ratio, damped, strengths
from rollout_policies.recorded_errors import Releases, read_recorded
from rollout_policies.sequential import Alphas, Floats, draw_times
from rollout_policies.simulated_walks import Policy, first_refusals_of_ratio, walk_releases
from rollout_policies.walk import shared

RECORDED = Path("tests/data/rollout_policies/word_errors.tsv")
WALKS, CLIPS = 3000, 400


def _in_order(parts: Floats, words: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Parts, words and times in the order of a draw by words."""
    times = draw_times(words, rng)
    order = np.argsort(times, axis=-1)
    parts, words, times = (np.take_along_axis(a, order, axis=-1) for a in (parts, words, times))
    return parts, words, times


def _missed(parts: Floats, words: Floats, truth: float, alpha: float) -> tuple[int, int]:
    """In how many of the walks the lower and the upper bound ever excluded the truth."""
    drawn = _in_order(parts, words, np.random.default_rng(20261126))
    above, below = first_refusals_of_ratio(*drawn, truth, Alphas(alpha, alpha))
    return int((above <= parts.shape[-1]).sum()), int((below <= parts.shape[-1]).sum())


def _coins(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Clips of 1 and of 4 words, each won or lost as a whole: no difference."""
    words = rng.choice([1.0, 4.0], (WALKS, CLIPS))
    return words * rng.choice([-1.0, 1.0], words.shape), words


def _long_against_short(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Half the clips have 10 words and are lost a tenth more often than won; half have 1, always won: 10 x
    0.1 - 1 = 0. What is drawn first looks worse than the truth, what is drawn last better."""
    long = rng.random((WALKS, CLIPS)) < 0.5
    lost = rng.random(long.shape) < 0.55
    parts = np.where(long, np.where(lost, 10.0, -10.0), -1.0)
    return parts, np.where(long, 10.0, 1.0)


@pytest.mark.parametrize("made", [_coins, _long_against_short])
@pytest.mark.parametrize(("alpha", "least"), [(0.05, 0.02), (0.5, 0.2)])
def test_the_truth_is_missed_no_more_and_not_much_less_often_than_alpha(
    made: Callable[[np.random.Generator], tuple[Floats, Floats]], alpha: float, least: float
) -> None:
    """The truth is the hypothesis. At alpha 0.05 a thirtieth of the walks miss it, at 0.5 a third: a tenfold
    alpha is seen. At most: three standard deviations of the binomial above alpha."""
    parts, words = made(np.random.default_rng(7))
    most = alpha + 3 * (alpha * (1 - alpha) / WALKS) ** 0.5
    for missed in _missed(parts, words, 0.0, alpha):
        assert least <= missed / WALKS <= most


def test_betting_on_the_draws_as_if_they_were_even_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the damping the walk's end, all short clips, "proves" an improvement that is none."""
    parts, words = _long_against_short(np.random.default_rng(7))
    monkeypatch.setattr(simulated_walks, "strengths", lambda words, *_: np.ones_like(words))
    assert _missed(parts, words, 0.0, 0.05)[1] > 0.9 * WALKS


@pytest.mark.parametrize("version", ["quieter_12db", "cut_0.2s", "clipped_18db"])
def test_recorded_errors_are_within_their_bounds(version: str) -> None:
    """600 sets drawn from the recorded clips; three standard deviations above 5 % are 7.7 %."""
    recorded = read_recorded(RECORDED, "baseline")
    drawn = np.random.default_rng(3).integers(0, len(recorded.words), (600, len(recorded.words)))
    parts = (recorded.errors[version] - recorded.errors["baseline"])[drawn]
    truth = recorded.points(version) / 100
    assert max(_missed(parts, recorded.words[drawn], truth, 0.05)) <= 0.077 * 600


def test_a_clip_is_damped_by_the_time_that_a_longer_one_might_have_come_in() -> None:
    """Of 3 words at 0.5, the longest being 5: exp(-2 x 0.5); the longest itself is never damped."""
    found = strengths(np.array([3.0, 5.0]), np.array([0.5, 9.0]), 5.0)
    assert found == pytest.approx([np.exp(-1.0), 1.0])
    assert damped(np.array([1.0]), np.array([0.25]), 0.2) == pytest.approx([0.4])


def test_a_clip_is_worth_its_share_of_the_longest() -> None:
    """Of 3 words beside a longest of 12 a quarter, over all times."""
    times = draw_times(np.full(200_000, 3.0), np.random.default_rng(5))
    assert strengths(np.full(200_000, 3.0), times, 12.0).mean() == pytest.approx(0.25, abs=0.003)


def test_clips_without_a_difference_pass_after_the_log_of_alpha_over_the_margin() -> None:
    """Alike long: ln(1/0.01) / 0.05 = 92, and some for the mixture of stakes."""
    words = np.full((1, 300), 8.0)
    releases = Releases(words, np.zeros((1, 300)), np.zeros((1, 300)))
    policy = Policy(0.05, Alphas(0.01, 0.01), estimand=Estimand.POPULATION)
    endings = walk_releases(releases, np.random.default_rng(1), policy)
    assert endings.passed.all()
    assert 92 < endings.decided_after[0] < 115


def test_a_whole_walk_may_stay_undecided() -> None:
    """The longest clip has nine times the mean's words: the same 363 clips say nothing of 1 point."""
    words = read_recorded(RECORDED, "baseline").words[None, :]
    releases = Releases(words, np.zeros_like(words), np.zeros_like(words))
    endings = walk_releases(releases, np.random.default_rng(1), Policy(0.01, estimand=Estimand.POPULATION))
    assert not (endings.failed | endings.passed).any()


@pytest.mark.parametrize(("share", "passed"), [(0.0, True), (0.5, False)])
def test_a_walk_ends_where_the_bounds_first_cross_the_margin(share: float, passed: bool) -> None:
    rng = np.random.default_rng(9)
    words = rng.integers(5, 12, (1, 400)).astype(float)
    wrong = np.where(rng.random(words.shape) < share, words, 0.0)
    policy = Policy(0.1, min_pairs=0, estimand=Estimand.POPULATION)
    parts, ordered, times = _in_order(wrong, words, np.random.default_rng(4))
    endings = walk_releases(Releases(words, 0 * words, wrong), np.random.default_rng(4), policy)
    clips = int(endings.decided_after[0])
    before, at = (
        bound_ratio(parts[0, :n], ordered[0, :n], times[0, :n], words.max(), shared(policy.alphas))
        for n in (clips - 1, clips)
    )
    assert bool(endings.passed[0]) == passed
    assert (at[1] <= 0.1 < before[1]) if passed else (before[0] <= 0.1 < at[0])


def test_before_the_first_clip_nothing_is_bounded() -> None:
    nothing = np.array([])
    assert bound_ratio(nothing, nothing, nothing, 5.0, Alphas()) == (-1.0, 1.0)
