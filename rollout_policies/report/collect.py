"""Brings together what a report is made of: the cluster's objects and the evidence kept; draws nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from rollout_policies.errors import EvidenceError
from rollout_policies.evidence import Identity, Kept, read_kept
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.live.comparer import Findings
from rollout_policies.report.contents import Report, version
from rollout_policies.report.release import Release, release
from rollout_policies.rollouts import Comparison, Object, asked_estimand, asks_for_fresh_pods
from rollout_policies.sequential import Alphas

Labels = Sequence[tuple[str, str]]
# What live pairs of a comparison show; None where there is none.
Said = Callable[[Identity], Findings | None]


class Reads(Protocol):
    """What a report needs of a cluster; every method may raise ClusterError."""

    def rollout(self, namespace: str, name: str) -> Object:
        """Return one Rollout; NotFoundError where there is none."""

    def analysis_runs(self, namespace: str, labels: Labels) -> Sequence[Object]:
        """Return the AnalysisRuns of a namespace that have these labels."""

    def events(self, namespace: str, rollout: str) -> Sequence[Object]:
        """Return the Events on a Rollout."""

    def pods(self, comparison: Comparison) -> Sequence[Object]:
        """Return the pods of a comparison's Rollout."""


def gather(
    cluster: Reads,
    rollout: Object,
    evidence: Path | None,
    golden_sets: Mapping[str, GoldenSet],
    alphas: Alphas,
    now: float,
    revision: str = "",
    said: Said = lambda identity: None,
) -> Report:
    """Return the report of a release: of a revision, or of the one the Rollout is at or was last at.

    `evidence` is the directory a referee keeps, None where there is none at hand.
    """
    namespace, name = rollout["metadata"]["namespace"], rollout["metadata"]["name"]
    # Argo gives each run the labels that the Rollout selects its pods by.
    runs = cluster.analysis_runs(namespace, _selector(rollout))
    found = release(rollout, runs, cluster.events(namespace, name), revision)
    kept = chosen(
        read_kept(evidence, namespace, name) if evidence else (), found, asks_for_fresh_pods(rollout)
    )
    golden = _golden_set(kept, golden_sets)
    stable = found.stable or (kept.identity.stable if kept else "")
    pods = cluster.pods(_comparison(rollout, stable, found.candidate))
    template = None if found.successor else (rollout.get("spec") or {}).get("template")
    versions = (version("stable", stable, pods, None), version("candidate", found.candidate, pods, template))
    heard = said(kept.identity) if kept else None
    return Report(found, versions, kept, golden, alphas, now, heard, asked_estimand(rollout))


def chosen(kept: Iterable[Kept], found: Release, baseline: bool) -> Kept | None:
    """Return the evidence of a release: of its candidate, against its stable version, the latest walk.

    `baseline` says whether the Rollout asks for fresh pods of stable now: its gates read such a walk alone.
    """
    own = [
        one
        for one in kept
        if one.pairs
        and one.identity.candidate == found.candidate
        and found.stable in ("", one.identity.stable)
    ]
    asked = [one for one in own if one.identity.baseline == baseline]
    # A release that is over may have been asked for otherwise.
    return max(asked or (own if found.successor else []), key=lambda one: one.pairs[-1].at, default=None)


def _golden_set(kept: Kept | None, golden_sets: Mapping[str, GoldenSet]) -> GoldenSet | None:
    if kept is None:
        return None
    digest = kept.identity.golden_digest
    golden = next((one for one in golden_sets.values() if one.digest == digest), None)
    strange = {pair.clip for pair in kept.pairs} - {clip.name for clip in golden.clips} if golden else set()
    if strange:
        raise EvidenceError(
            f"evidence names clip {min(strange)!r}, which golden set {digest[:12]} does not have"
        )
    return golden


def _comparison(rollout: Object, stable: str, candidate: str) -> Comparison:
    metadata, selector = rollout["metadata"], _selector(rollout)
    return Comparison(
        metadata["namespace"], metadata["name"], metadata.get("uid", ""), "", stable, candidate, selector
    )


def _selector(rollout: Object) -> tuple[tuple[str, str], ...]:
    labels = ((rollout.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return tuple(sorted(labels.items()))
