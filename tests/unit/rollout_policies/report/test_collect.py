"""Which evidence belongs to a release."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rollout_policies.errors import EvidenceError
from rollout_policies.evidence import Identity, Kept, read_kept
from rollout_policies.golden.manifest import Clip, GoldenSet
from rollout_policies.report.collect import chosen, gather
from rollout_policies.report.contents import Report
from rollout_policies.report.release import release
from rollout_policies.sequential import Alphas
from tests.unit.rollout_policies.report.conftest import Town
from tests.unit.rollout_policies.report.recorded import NOON, PAIRS, keep_evidence, rollout


def _kept(stable: str, candidate: str, pairs: int = 1, baseline: bool = False) -> Kept:
    return Kept(Identity("speech", "asr", stable, candidate, "d", baseline), tuple(PAIRS[:pairs]))


def test_evidence_of_another_candidate_or_stable_is_not_this_releases() -> None:
    found = release(rollout(), [], [])
    right = _kept("aaa", "bbb")
    assert chosen([_kept("aaa", "ccc"), right, _kept("zzz", "bbb", 2)], found, False) is right
    assert chosen([_kept("aaa", "ccc")], found, False) is None


def test_of_several_walks_of_a_release_the_latest_counts() -> None:
    later = _kept("aaa", "bbb", 5)
    kept = [_kept("aaa", "bbb"), later, _kept("aaa", "bbb", 0)]
    assert chosen(kept, release(rollout(), [], []), False) is later


def test_evidence_against_fresh_pods_is_that_of_a_release_that_asks_for_them() -> None:
    found = release(rollout(), [], [])
    warm, fresh = _kept("aaa", "bbb", 5), _kept("aaa", "bbb", 1, baseline=True)
    assert chosen([warm, fresh], found, True) is fresh
    assert chosen([warm, fresh], found, False) is warm
    assert chosen([warm], found, True) is None


def test_margins_are_those_the_gates_were_given(gathered: Callable[[], Report]) -> None:
    assert (gathered().margin("word_errors"), gathered().margin("latency")) == (0.01, None)


def test_a_clip_that_the_set_does_not_have_is_refused(tmp_path: Path, golden: GoldenSet, town: Town) -> None:
    keep_evidence(tmp_path, golden)
    other = GoldenSet("small", golden.digest, (Clip("audio/9.wav", tmp_path, "x", 1.0),))
    with pytest.raises(EvidenceError, match=r"names clip 'audio/0\.wav', which golden set"):
        gather(town, town.item, tmp_path, {"small": other}, Alphas(), NOON)


def test_reading_evidence_leaves_a_line_that_is_being_written(tmp_path: Path, golden: GoldenSet) -> None:
    path = keep_evidence(tmp_path, golden)
    with path.open("ab") as file:
        file.write(b'{"clip": "audio/9')
    before = path.read_bytes()
    (kept,) = read_kept(tmp_path, "speech", "asr")
    assert list(kept.pairs) == PAIRS
    assert path.read_bytes() == before


def test_evidence_of_other_rollouts_is_passed_over(tmp_path: Path, golden: GoldenSet) -> None:
    keep_evidence(tmp_path, golden)
    assert read_kept(tmp_path, "speech", "tts") == []
    assert read_kept(tmp_path, "music", "asr") == []
