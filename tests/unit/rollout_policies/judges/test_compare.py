"""Every judge is asked about the same releases, of which peers may be shown the first alone."""

from pathlib import Path

import pytest

from rollout_policies.judges import compare as comparing
from rollout_policies.judges.compare import OURS, CompareOptions, compare, tuned_peers
from rollout_policies.judges.subject import of_times
from rollout_policies.recorded_times import read_times
from rollout_policies.simulated_walks import Policy

RECORDED = Path("tests/data/rollout_policies/inference_times.tsv")


@pytest.mark.parametrize(("most", "judged"), [(None, 12), (8, 8), (5, 8)])
def test_peers_judge_whole_batches_up_to_the_most(
    monkeypatch: pytest.MonkeyPatch, most: int | None, judged: int
) -> None:
    monkeypatch.setattr(comparing, "RELEASES_AT_ONCE", 4)
    subject = of_times(read_times(RECORDED), Policy(), 1.25)
    options = CompareOptions(60, 12, to_correct=4, most_of_peers=most)
    peers = tuned_peers(subject, options, lambda _: None)
    tallies = [one.tally for one in compare(subject, peers, options, lambda _: None)]
    assert {t.aborted.of for t in tallies if t.judge == OURS} == {12}
    assert {t.aborted.of for t in tallies if t.judge != OURS} == {judged}
    assert all(t.falsely_aborted.of + t.falsely_promoted.of == t.aborted.of for t in tallies)
