"""What a report is made of; plain data, read by `collect` and shown by `page` and `markdown`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rollout_policies.estimand import Estimand
from rollout_policies.evidence import Kept, Pair
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.live.comparer import Findings
from rollout_policies.report.gates import Gate
from rollout_policies.report.release import Release
from rollout_policies.rollouts import POD_TEMPLATE_HASH, Object
from rollout_policies.sequential import Alphas
from rollout_policies.walk import walk_times

MODEL_DIGEST = "serinus.dev/model-digest"
# Which gate judges which measure of the golden walk (charts/rollout-policies).
GATES_OF_MEASURES = {"word_errors": "accuracy", "latency": "paired-latency"}


@dataclass(frozen=True)
class Version:
    """What one side runs: its pod-template hash, images with the digests its pods report, model digest."""

    side: str
    pod_template_hash: str
    images: tuple[tuple[str, str], ...]
    model_digest: str


@dataclass(frozen=True)
class Report:
    """A release with its evidence; what is None is not there, or not here.

    `said` is what both versions heard of users.
    """

    release: Release
    versions: tuple[Version, ...]
    evidence: Kept | None
    golden: GoldenSet | None
    alphas: Alphas
    made_at: float
    said: Findings | None = None
    estimand: Estimand = Estimand.SET

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of the golden walk."""
        return self.evidence.pairs if self.evidence else ()

    @property
    def walked(self) -> tuple[float, float] | None:
        """When the first and the last pair was taken."""
        times = [pair.at for pair in self.pairs]
        return (min(times), max(times)) if times else None

    def times(self, estimand: Estimand) -> Mapping[str, float] | None:
        """Return the times of the walk's draw where its bounds are to speak of the population."""
        if estimand is Estimand.SET or self.golden is None or self.evidence is None:
            return None
        return walk_times(self.golden, self.evidence.identity)

    def margin(self, measure: str) -> float | None:
        """Return the margin the gate of a measure was given."""
        return _margin(self.release.gates, GATES_OF_MEASURES[measure])

    @property
    def said_margin(self) -> float | None:
        """The margin the gate of live disagreement was given."""
        return _margin(self.release.gates, "disagreement")


def _margin(gates: Iterable[Gate], name: str) -> float | None:
    given = [gate.arguments.get("margin") for gate in gates if gate.name == name]
    return next((float(margin) for margin in reversed(given) if margin and _is_number(margin)), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def version(side: str, pod_template_hash: str, pods: Iterable[Object], template: Object | None) -> Version:
    """Return what a side runs, from one of its pods, or else from the Rollout's template where it is its."""
    own = [pod for pod in pods if _labels(pod).get(POD_TEMPLATE_HASH) == pod_template_hash]
    source = own[0] if own else template or {}
    spec, status = source.get("spec") or {}, source.get("status") or {}
    found = [
        *(status.get("initContainerStatuses") or ()),
        *(status.get("containerStatuses") or ()),
    ]
    digests: dict[str, str] = {item["name"]: item.get("imageID") or "" for item in found}
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    images = tuple((item["image"], digests.get(item["name"], "")) for item in containers)
    annotations = (source.get("metadata") or {}).get("annotations") or {}
    return Version(side, pod_template_hash, images, annotations.get(MODEL_DIGEST, ""))


def _labels(pod: Object) -> Mapping[str, str]:
    return pod["metadata"].get("labels") or {}
