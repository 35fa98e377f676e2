"""Times are judged as the gate judges them: by the factor's bounds, clip by clip."""

from pathlib import Path

import numpy as np
import pytest

from rollout_policies.judges.subject import of_times
from rollout_policies.latency_factor import bound_factor
from rollout_policies.recorded_errors import Releases
from rollout_policies.recorded_times import Slowdown, draw_timed, read_times
from rollout_policies.sequential import Alphas
from rollout_policies.simulated_walks import Policy, decide
from rollout_policies.walk import shared

RECORDED = Path("tests/data/rollout_policies/inference_times.tsv")
MARGIN = 1.25


def _gate(release: Releases, min_pairs: int) -> tuple[int, int]:
    """After how many clips the factor's bounds fail and pass the one release; 61 of 60 where never."""
    ratios, words = (release.candidate / release.stable)[0], release.words[0]
    failed = passed = 61
    for seen in range(60, 0, -1):
        found = bound_factor(ratios[:seen], words[:seen], float(words.sum()), shared(Alphas()))
        assert found is not None
        failed = seen if found.lower > MARGIN else failed
        passed = seen if found.upper <= MARGIN and seen >= min_pairs else passed
    return failed, passed


@pytest.mark.parametrize(
    "slowdown", [Slowdown(1.0), Slowdown(1.5), Slowdown(1.2, "crowded"), Slowdown(3.0, from_seconds=4.0)]
)
def test_a_walk_ends_when_the_bounds_of_the_factor_end_it(slowdown: Slowdown) -> None:
    policy = Policy(min_pairs=20)
    subject = of_times(read_times(RECORDED), policy, MARGIN)
    release = draw_timed(read_times(RECORDED), slowdown, 60, 1, np.random.default_rng(3))
    bet_on = subject.bet_on(release)
    endings = decide(bet_on.parts, bet_on.words, subject.policy)
    failed, passed = _gate(release, policy.min_pairs)
    assert min(failed, passed) == endings.decided_after[0]
    assert (failed < passed) == bool(endings.failed[0])


def test_a_set_is_harmless_where_its_factor_is_within_the_margin() -> None:
    subject = of_times(read_times(RECORDED), Policy(), MARGIN)
    for factor in (1.2, 1.3):
        times = np.full((1, 50), 100.0)
        truth = subject.bet_on(Releases(np.ones_like(times), times, factor * times)).truth
        assert bool(truth[0] > subject.policy.margin) == (factor > MARGIN)
