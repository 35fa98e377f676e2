"""Reads a release out of the objects Argo Rollouts keeps of it; pure: knows nothing of how they were read.

Objects are taken as the Kubernetes API writes them (argoproj.io/v1alpha1 Rollout and AnalysisRun, v1 Event).
Times are seconds since 1970.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rollout_policies.errors import NotFoundError
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
    `active_service` is blue-green's, "" for other strategies. `successor` says where the Rollout is now, ""
    where this is the release it is at.
    """

    namespace: str
    rollout: str
    revision: str
    successor: str
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


def release(rollout: Object, runs: Iterable[Object], events: Iterable[Object], revision: str = "") -> Release:
    """Return one release of a Rollout; NotFoundError for a revision that nothing is known of.

    Without a revision it is the one the Rollout is at; where that serves everybody and was never judged
    (after a `helm rollback`, say) the last one that was.
    """
    metadata, status = rollout["metadata"], rollout.get("status") or {}
    own = [run for run in runs if _owned(run, metadata["name"])]
    here = _annotation(rollout, REVISION)
    chosen = revision or _last_judged(own, status, here)
    mine = [run for run in own if _annotation(run, REVISION) in ("", chosen)]
    if chosen != here and not mine:
        known = ", ".join(sorted({here, *(_annotation(run, REVISION) for run in own)} - {""}, key=len))
        raise NotFoundError(f"nothing is known of revision {chosen!r}; there are: {known}")
    moments = tuple(sorted(_moments(events), key=lambda m: m.at))
    if chosen != here:
        return _past(rollout, mine, own, moments, chosen)
    current = status.get("currentPodHash") or ""
    return _present(rollout, [run for run in mine if _hash(run) == current], moments)


def _last_judged(runs: Sequence[Object], status: Object, here: str) -> str:
    revisions = [_annotation(run, REVISION) for run in runs]
    settled = status.get("stableRS") == status.get("currentPodHash")
    judged = [revision for revision in revisions if revision.isdigit()]
    return here if here in revisions or not settled or not judged else max(judged, key=int)


def _present(rollout: Object, runs: Iterable[Object], moments: tuple[Moment, ...]) -> Release:
    metadata, status = rollout["metadata"], rollout.get("status") or {}
    found, pauses = _gates(runs), status.get("pauseConditions") or ()
    current, revision = status.get("currentPodHash") or "", _annotation(rollout, REVISION)
    weights = ((status.get("canary") or {}).get("weights") or {}).get("canary") or {}
    return Release(
        namespace=metadata["namespace"],
        rollout=metadata["name"],
        revision=revision,
        successor="",
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
        steps=_steps(rollout),
        weight=weights.get("weight"),
        active_service=_active_service(rollout),
        gates=found,
        moments=own_moments(moments, revision, found),
    )


def _past(
    rollout: Object,
    runs: Sequence[Object],
    all_runs: Sequence[Object],
    moments: tuple[Moment, ...],
    revision: str,
) -> Release:
    """Piece an earlier release together from its runs: the Rollout's status has forgotten it."""
    status, found, candidate = rollout.get("status") or {}, _gates(runs), _hash(runs[-1])
    own = own_moments(moments, revision, found)
    ends = {m.reason: m.at for m in own if re.search(rf"\brevision {revision}\b", m.message)}
    # Others were compared with it later, or it serves still: it was promoted.
    later = [gate.arguments.get("stable") for gate in _gates(all_runs) if gate.began > found[-1].began]
    promoted = "RolloutCompleted" in ends or candidate in (*later, status.get("stableRS"))
    failed = [gate.ended for gate in found if gate.phase in ("Failed", "Error")]
    aborted = not promoted and ("RolloutAborted" in ends or bool(failed))
    here = _annotation(rollout, REVISION)
    return Release(
        namespace=rollout["metadata"]["namespace"],
        rollout=rollout["metadata"]["name"],
        revision=revision,
        successor=f"the Rollout is now at revision {here}, {status.get('phase') or 'of no phase yet'}",
        stable=found[-1].arguments.get("stable", ""),
        candidate=candidate,
        phase="",
        message="",
        promoted=promoted,
        aborted=aborted,
        aborted_at=ends.get("RolloutAborted", max((at for at in failed if at), default=None))
        if aborted
        else None,
        paused_at=None,
        pause_reasons=(),
        step=None,
        steps=_steps(rollout),
        weight=0 if aborted else None,
        active_service=_active_service(rollout),
        gates=found,
        moments=own,
    )


def _gates(runs: Iterable[Object]) -> tuple[Gate, ...]:
    return tuple(sorted((gate for run in runs for gate in gates(run)), key=lambda gate: gate.began))


def _steps(rollout: Object) -> tuple[Object, ...]:
    return tuple((_strategy(rollout).get("canary") or {}).get("steps") or ())


def _active_service(rollout: Object) -> str:
    return str((_strategy(rollout).get("blueGreen") or {}).get("activeService") or "")


def _strategy(rollout: Object) -> Object:
    return (rollout.get("spec") or {}).get("strategy") or {}


def _stable(status: Object, known: Sequence[Gate]) -> str:
    """After a promotion the Rollout has forgotten what was compared with; its gates have not."""
    stable, current = status.get("stableRS") or "", status.get("currentPodHash")
    if stable and stable != current:
        return str(stable)
    named = (gate.arguments.get("stable", "") for gate in reversed(known))
    return next((name for name in named if name and name != current), "")


def _owned(run: Object, rollout: str) -> bool:
    owners = run["metadata"].get("ownerReferences") or ()
    return any(owner.get("kind") == "Rollout" and owner.get("name") == rollout for owner in owners)


def _hash(run: Object) -> str:
    return str((run["metadata"].get("labels") or {}).get(POD_TEMPLATE_HASH, ""))


def _moments(events: Iterable[Object]) -> Iterable[Moment]:
    for event in events:
        at = next((t for t in map(seconds, (event.get(name) for name in EVENT_TIMES)) if t), None)
        if at is not None:
            yield Moment(
                at, event.get("reason") or "", event.get("message") or "", event.get("type") == "Warning"
            )


# The last time of a repeated Event; newer clients fill eventTime alone.
EVENT_TIMES = ("lastTimestamp", "eventTime", "firstTimestamp")


def own_moments(moments: Sequence[Moment], revision: str, known: Sequence[Gate]) -> tuple[Moment, ...]:
    """Return what happened from a revision's opening to the first sign of a later one.

    Kubernetes drops Events of a busy object, so that the opening may be missing: then it begins after the
    last sign of an earlier one. Signs are Events that name a revision, and its own gates.
    """
    if not revision.isdigit():
        return tuple(moments)
    number = int(revision)
    named = [(m, int(n)) for m in moments for n in re.findall(r"\brevision (\d+)\b", m.message)]
    opening = [m.at for m, n in named if n == number and m.reason in OPENINGS]
    first = min(
        [m.at for m, n in named if n == number] + [gate.began for gate in known], default=float("inf")
    )
    earlier = max((m.at for m, n in named if n < number and m.at < first), default=float("-inf"))
    later = min((m.at for m, n in named if n > number), default=float("inf"))
    return tuple(m for m in moments if m.at < later and (m.at >= opening[0] if opening else m.at > earlier))


OPENINGS = ("RolloutUpdated", "NewReplicaSetCreated", "RolloutNotCompleted")


def _annotation(item: Object, name: str) -> str:
    return str((item["metadata"].get("annotations") or {}).get(name, ""))
