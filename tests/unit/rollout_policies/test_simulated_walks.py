"""Walks of many releases at once end where the referee's own bounds first cross the margin."""

from pathlib import Path

import numpy as np
import pytest

from rollout_policies.recorded_errors import Change, draw_releases, read_recorded
from rollout_policies.sequential import Alphas, bound_total, draw_order
from rollout_policies.simulated_walks import Policy, decide, walk_releases
from rollout_policies.walk import shared

RECORDED = Path("tests/data/rollout_policies/word_errors.tsv")
POLICY = Policy(0.02, Alphas(0.01, 0.05), min_pairs=0)


@pytest.mark.parametrize(
    ("version", "passed"),
    [("cut_0.6s", False), ("clipped_18db", False), ("quieter_12db", True), ("whisper_base", True)],
)
def test_a_walk_ends_where_the_bounds_first_cross_the_margin(version: str, passed: bool) -> None:
    recorded = read_recorded(RECORDED, "baseline")
    difference = recorded.errors[version] - recorded.errors["baseline"]
    order = draw_order(recorded.words, np.random.default_rng(4))
    parts, words, total = difference[order], recorded.words[order], float(recorded.words.sum())
    endings = decide(parts[None, :], words[None, :], POLICY)
    clips = int(endings.decided_after[0])
    at, before = (bound_total(parts[:n], words[:n], total, shared(POLICY.alphas)) for n in (clips, clips - 1))
    assert bool(endings.passed[0]) == passed
    if passed:
        assert at.upper <= POLICY.margin * total < before.upper
    else:
        assert before.lower <= POLICY.margin * total < at.lower


def test_every_complete_walk_decides_and_rightly_where_nothing_was_decided_early() -> None:
    recorded = read_recorded(RECORDED, "baseline")
    rng = np.random.default_rng(6)
    releases = draw_releases(recorded, Change("made", "quieter_12db", 1.0), 60, 300, rng)
    endings = walk_releases(releases, rng, Policy(min_pairs=0))
    assert (endings.failed | endings.passed).all()
    late = endings.decided_after == 60
    assert (endings.passed == (releases.truth <= 0.01))[late].all()


@pytest.mark.parametrize(("min_pairs", "clips"), [(50, 50), (200, 100)])
def test_a_pass_waits_for_the_smallest_number_of_clips_or_for_all(min_pairs: int, clips: int) -> None:
    eased = decide(-np.ones((1, 100)), np.ones((1, 100)), Policy(0.02, min_pairs=min_pairs))
    assert eased.passed.all()
    assert eased.decided_after.tolist() == [clips]
