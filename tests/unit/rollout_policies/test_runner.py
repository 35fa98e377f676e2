"""A walk whose pods come and go while it looks at them."""

from pathlib import Path

from rollout_policies.evidence import EvidenceFile, Identity
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.probe import ProbeLimits
from rollout_policies.runner import Pods, WalkRunner
from rollout_policies.sequential import Alphas
from tests.unit.rollout_policies.scripted_predictor import StartPredictor, say_label


class Flickering(WalkRunner):
    """Sees its pods at every other look only, as when a look of the referee falls between two of its own."""

    @property
    def pods(self) -> Pods:
        self._looks = getattr(self, "_looks", 0) + 1
        return self._both if self._looks % 2 else Pods(self._both.stable, ())

    @pods.setter
    def pods(self, both: Pods) -> None:
        self._both = both


def test_a_walk_takes_pods_that_it_has_seen_ready(
    golden: GoldenSet, tmp_path: Path, start_predictor: StartPredictor
) -> None:
    stable, candidate = start_predictor("aaa", say_label), start_predictor("bbb", say_label)
    identity = Identity("speech", "asr", "aaa", "bbb", golden.digest)
    evidence = EvidenceFile(tmp_path, identity)
    walk = Flickering(identity, golden, evidence, Alphas(), ProbeLimits(), lambda *_: None)
    walk.pods = Pods((stable.endpoint,), (candidate.endpoint,))
    walk.pairs_per_second = 100
    walk.start()
    walk.join(30)
    assert walk.complete
    assert not walk.is_resting
