"""Decides from a Rollout and its pods what is to be walked; pure: knows nothing of how they were read.

Objects are taken as the Kubernetes API writes them (argoproj.io/v1alpha1 Rollout, v1 Pod).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rollout_policies.errors import AnnotationError
from rollout_policies.estimand import Estimand

GOLDEN_SET = "serinus.dev/golden-set"
PROBE_RATE = "serinus.dev/probe-rate"
PROBE_PORT = "serinus.dev/probe-port"
PROBE_PATH = "serinus.dev/probe-path"
# On the Rollout, "true": stable is probed on fresh pods; on such a pod, a label.
BASELINE = "serinus.dev/baseline"
ESTIMAND = "serinus.dev/estimand"
REVISION = "rollout.argoproj.io/revision"
POD_TEMPLATE_HASH = "rollouts-pod-template-hash"

DEFAULT_RATE, MAX_RATE = 2.0, 50.0
DEFAULT_PORT = 8080
DEFAULT_PATH = "/v1/models/asr:predict"

Object = Mapping[str, Any]


@dataclass(frozen=True)
class ProbePlan:
    """How a Rollout asks to be probed: which set, how many pairs a second at most, where its pods listen,
    whether the candidate's peers are the stable pods or fresh ones of their version, and of what the bounds
    are to speak."""

    golden_set: str
    pairs_per_second: float = DEFAULT_RATE
    port: int = DEFAULT_PORT
    path: str = DEFAULT_PATH
    baseline: bool = False
    estimand: Estimand = Estimand.SET


@dataclass(frozen=True)
class Comparison:
    """A candidate that is to be compared with a stable version of one Rollout; hashes are pod-template
    hashes."""

    namespace: str
    rollout: str
    uid: str
    revision: str
    stable: str
    candidate: str
    selector: tuple[tuple[str, str], ...]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Which versions of which Rollout are compared, as evidence.Identity.comparison has it."""
        return self.namespace, self.rollout, self.stable, self.candidate


@dataclass(frozen=True)
class Endpoint:
    """A ready pod of one side: its name, its pod-template hash and the URL a clip is POSTed to."""

    pod: str
    pod_template_hash: str
    url: str


def is_watched(rollout: Object) -> bool:
    """Say whether a Rollout asks for golden walks at all."""
    return GOLDEN_SET in _annotations(rollout)


def due_comparison(rollout: Object) -> Comparison | None:
    """Return what is to be compared now; None at first install, between releases and after an abort."""
    status: Object = rollout.get("status") or {}
    metadata: Object = rollout["metadata"]
    stable, candidate = status.get("stableRS"), status.get("currentPodHash")
    if not stable or not candidate or stable == candidate or status.get("abort"):
        return None
    labels: Mapping[str, str] = (rollout.get("spec", {}).get("selector") or {}).get("matchLabels") or {}
    return Comparison(
        namespace=metadata["namespace"],
        rollout=metadata["name"],
        uid=metadata.get("uid", ""),
        revision=_annotations(rollout).get(REVISION, ""),
        stable=stable,
        candidate=candidate,
        selector=tuple(sorted(labels.items())),
    )


def probe_plan(rollout: Object) -> ProbePlan:
    """Return what the annotations ask for; one that cannot be followed is an AnnotationError."""
    annotations = _annotations(rollout)
    path = annotations.get(PROBE_PATH, DEFAULT_PATH)
    if not path.startswith("/"):
        raise AnnotationError(f"{PROBE_PATH} must begin with /, not {path!r}")
    rate = _number(annotations, PROBE_RATE, DEFAULT_RATE)
    if not 0 < rate <= MAX_RATE:
        raise AnnotationError(
            f"{PROBE_RATE} must be above 0 and at most {MAX_RATE:g} pairs a second, not {rate:g}"
        )
    port = _number(annotations, PROBE_PORT, DEFAULT_PORT)
    if not 1 <= port <= 65535 or port != int(port):
        raise AnnotationError(f"{PROBE_PORT} must be a port from 1 to 65535, not {annotations[PROBE_PORT]!r}")
    fresh, estimand = asks_for_fresh_pods(rollout), asked_estimand(rollout)
    return ProbePlan(annotations[GOLDEN_SET], rate, int(port), path, fresh, estimand)


def stable_endpoints(pods: Iterable[Object], comparison: Comparison, plan: ProbePlan) -> tuple[Endpoint, ...]:
    """Return where the stable side of a comparison takes clips: its ready pods, or with `plan.baseline` those
    that an Experiment of this very candidate has started afresh (they bear a hash of their own)."""
    if not plan.baseline:
        return ready_endpoints(pods, comparison.stable, plan)
    experiment = f"{comparison.rollout}-{comparison.candidate}-"
    fresh = [
        pod for pod in pods if _labels(pod).get(BASELINE) == "true" and _owner(pod).startswith(experiment)
    ]
    return tuple(
        endpoint
        for pod_template_hash in sorted({_hash_of(pod) or "" for pod in fresh})
        for endpoint in ready_endpoints(fresh, pod_template_hash, plan)
    )


def asks_for_fresh_pods(rollout: Object) -> bool:
    """Say whether stable is to be probed on fresh pods; what says neither is an AnnotationError."""
    baseline = _annotations(rollout).get(BASELINE, "false")
    if baseline not in ("true", "false"):
        raise AnnotationError(f"{BASELINE} must be true or false, not {baseline!r}")
    return baseline == "true"


def asked_estimand(rollout: Object) -> Estimand:
    """Return what a Rollout's bounds are to speak of; an unknown one is an AnnotationError."""
    asked = _annotations(rollout).get(ESTIMAND, Estimand.SET.value)
    try:
        return Estimand(asked)
    except ValueError as error:
        known = " or ".join(one.value for one in Estimand)
        raise AnnotationError(f"{ESTIMAND} must be {known}, not {asked!r}") from error


def ready_endpoints(pods: Iterable[Object], pod_template_hash: str, plan: ProbePlan) -> tuple[Endpoint, ...]:
    """Return where the ready pods of one hash take clips, in the order of their names."""
    ready = (pod for pod in pods if _is_ready(pod) and _hash_of(pod) == pod_template_hash)
    found = (
        Endpoint(pod["metadata"]["name"], pod_template_hash, _url(pod["status"]["podIP"], plan))
        for pod in ready
    )
    return tuple(sorted(found, key=lambda endpoint: endpoint.pod))


def _url(ip: str, plan: ProbePlan) -> str:
    host = f"[{ip}]" if ":" in ip else ip
    return f"http://{host}:{plan.port}{plan.path}"


def _is_ready(pod: Object) -> bool:
    status: Object = pod.get("status") or {}
    if pod["metadata"].get("deletionTimestamp") or not status.get("podIP"):
        return False
    conditions: Iterable[Object] = status.get("conditions") or []
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def _hash_of(pod: Object) -> str | None:
    return _labels(pod).get(POD_TEMPLATE_HASH)


def _labels(pod: Object) -> Mapping[str, str]:
    return pod["metadata"].get("labels") or {}


def _owner(pod: Object) -> str:
    """The ReplicaSet a pod is of; an Experiment's is <rollout>-<candidate>-<revision>-<step>-<template>."""
    owners: Iterable[Mapping[str, str]] = pod["metadata"].get("ownerReferences") or ()
    return next((owner["name"] for owner in owners if owner.get("kind") == "ReplicaSet"), "")


def _annotations(rollout: Object) -> Mapping[str, str]:
    return rollout["metadata"].get("annotations") or {}


def _number(annotations: Mapping[str, str], name: str, default: float) -> float:
    text = annotations.get(name)
    if text is None:
        return default
    try:
        return float(text)
    except ValueError as error:
        raise AnnotationError(f"{name} must be a number, not {text!r}") from error
