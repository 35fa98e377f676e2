"""Reads a release out of the objects Argo Rollouts keeps of it; pure: knows nothing of how they were read.

Objects are taken as the Kubernetes API writes them (argoproj.io/v1alpha1 Rollout and AnalysisRun, v1 Event).
Times are seconds since 1970.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rollout_policies.report.gates import Gate, gates, seconds
from rollout_policies.rollouts import POD_TEMPLATE_HASH, REVISION, Object


@dataclass(frozen=True)
class Moment:
    """An Event on the Rollout."""

    at: float
    reason: str
    message: str
    warning: bool


@dataclass(frozen=True)
class Release:
    """A candidate's way through its Rollout, as far as the cluster still knows it.

    `stable` is what the candidate is or was compared with; `weight` the candidate's percentage of users now;
    `active_service` is blue-green's, "" for other strategies.
    """

    namespace: str
    rollout: str
    revision: str
    stable: str
    candidate: str
    phase: str
    message: str
    promoted: bool
    aborted: bool
    aborted_at: float | None
    paused_at: float | None
    pause_reasons: tuple[str, ...]
    step: int | None
    steps: tuple[Object, ...]
    weight: int | None
    active_service: str
    gates: tuple[Gate, ...]
    moments: tuple[Moment, ...]


def release(rollout: Object, runs: Iterable[Object], events: Iterable[Object]) -> Release:
    """Return the release that a Rollout is at, or was last at."""
    metadata, status = rollout["metadata"], rollout.get("status") or {}
    current, revision = status.get("currentPodHash") or "", _annotation(rollout, REVISION)
    own = [run for run in runs if _belongs(run, metadata["name"], current, revision)]
    found = tuple(sorted((gate for run in own for gate in gates(run)), key=lambda gate: gate.began))
    strategy = (rollout.get("spec") or {}).get("strategy") or {}
    pauses = status.get("pauseConditions") or ()
    weights = ((status.get("canary") or {}).get("weights") or {}).get("canary") or {}
    return Release(
        namespace=metadata["namespace"],
        rollout=metadata["name"],
        revision=revision,
        stable=_stable(status, found),
        candidate=current,
        phase=status.get("phase") or "",
        message=status.get("message") or "",
        promoted=bool(current) and status.get("stableRS") == current,
        aborted=bool(status.get("abort")),
        aborted_at=seconds(status.get("abortedAt")) if status.get("abort") else None,
        paused_at=seconds(pauses[0].get("startTime")) if pauses else None,
        pause_reasons=tuple(str(pause.get("reason")) for pause in pauses),
        step=status.get("currentStepIndex"),
        steps=tuple((strategy.get("canary") or {}).get("steps") or ()),
        weight=weights.get("weight"),
        active_service=(strategy.get("blueGreen") or {}).get("activeService") or "",
        gates=found,
        moments=_of_this_release(tuple(sorted(_moments(events), key=lambda m: m.at)), revision),
    )


def _stable(status: Object, known: Sequence[Gate]) -> str:
    """After a promotion the Rollout has forgotten what was compared with; its gates have not."""
    stable, current = status.get("stableRS") or "", status.get("currentPodHash")
    if stable and stable != current:
        return str(stable)
    named = (gate.arguments.get("stable", "") for gate in reversed(known))
    return next((name for name in named if name and name != current), "")


def _belongs(run: Object, rollout: str, candidate: str, revision: str) -> bool:
    metadata = run["metadata"]
    owners = metadata.get("ownerReferences") or ()
    owned = any(owner.get("kind") == "Rollout" and owner.get("name") == rollout for owner in owners)
    same_hash = (metadata.get("labels") or {}).get(POD_TEMPLATE_HASH) == candidate
    return owned and same_hash and _annotation(run, REVISION) in ("", revision)


def _moments(events: Iterable[Object]) -> Iterable[Moment]:
    for event in events:
        at = next((t for t in map(seconds, (event.get(name) for name in EVENT_TIMES)) if t), None)
        if at is not None:
            yield Moment(
                at, event.get("reason") or "", event.get("message") or "", event.get("type") == "Warning"
            )


# The last time of a repeated Event; newer clients fill eventTime alone.
EVENT_TIMES = ("lastTimestamp", "eventTime", "firstTimestamp")


def _of_this_release(moments: tuple[Moment, ...], revision: str) -> tuple[Moment, ...]:
    """Leave out what happened before the Rollout was updated to this revision, where that is still known."""
    opening = ("RolloutUpdated", f"Rollout updated to revision {revision}")
    starts = [m.at for m in moments if (m.reason, m.message) == opening]
    return tuple(m for m in moments if not starts or m.at >= starts[-1])


def _annotation(item: Object, name: str) -> str:
    return str((item["metadata"].get("annotations") or {}).get(name, ""))
