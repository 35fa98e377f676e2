"""Pieces together who had how many users when, and how many it heard only; pure: knows nothing of pages.

A Rollout's status has the present weight only. The past is in Events, which a cluster forgets after an hour
by default, and in the step that each AnalysisRun belongs to, which lasts as long as the run.
"""

import itertools
import re
from collections.abc import Sequence

from rollout_policies.report.release import Moment, Release
from rollout_policies.rollouts import Object

UPDATED = re.compile(r"Traffic weight updated (?:from \d+ )?to (\d+)\b")
ANY_STEP_DONE = re.compile(r"step (\d+)/\d+ completed")
STEP_DONE = re.compile(r"\(setWeight: (\d+)\)")
SWITCHED = re.compile(r"Switched selector for service '([^']*)' from '[^']*' to '([^']*)'")
# Blue-green's runs come before and after everybody is moved at once.
AT_PROMOTION = {"PrePromotion": 0, "PostPromotion": 100}


def weight_at_step(steps: Sequence[Object], index: int) -> int:
    """Return the candidate's percentage of users at a step: what the last setWeight before or at it says."""
    said = [int(step["setWeight"]) for step in steps[: index + 1] if "setWeight" in step]
    return said[-1] if said else 0


def mirrored_at_step(steps: Sequence[Object], index: int) -> int:
    """Return the percentage of users' requests that the candidate hears too at a step, answering nobody."""
    routes = [step["setMirrorRoute"] for step in steps[: index + 1] if "setMirrorRoute" in step]
    # A route without a match is Argo's way to take it away; without a percentage it is all.
    return int(routes[-1].get("percentage", 100)) if routes and routes[-1].get("match") else 0


def mirror_history(release: Release, now: float) -> list[tuple[float, int]]:
    """Return when which percentage of users' requests was mirrored, from the first on; empty if never."""
    done = ((m.at, ANY_STEP_DONE.search(m.message)) for m in release.moments)
    known = [(at, mirrored_at_step(release.steps, int(step[1]) - 1)) for at, step in done if step]
    known += [
        (gate.began, mirrored_at_step(release.steps, gate.step))
        for gate in release.gates
        if gate.step is not None
    ]
    changes = _changes(sorted(known, key=lambda point: point[0]))
    changes = list(itertools.dropwhile(lambda point: not point[1], changes))
    if not changes:
        return []
    ended = finished(release)
    (at, last) = changes[-1]
    if ended is None or not last:
        return [*changes, (max(now, at), last)]
    return [*changes, (max(ended, at), 0), (max(now, at), 0)]


def _changes(known: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    return [point for i, point in enumerate(known) if i == 0 or point[1] != known[i - 1][1]]


def weight_history(release: Release, now: float) -> list[tuple[float, int]]:
    """Return when the candidate's percentage of users was known to be what, in order, up to now.

    Empty where nothing says it: a strategy without weights, or a release the cluster has forgotten.
    """
    by_event = [(m.at, weight) for m in release.moments if (weight := _told(m, release)) is not None]
    by_gate = [
        (gate.began, weight_at_step(release.steps, gate.step))
        for gate in release.gates
        if gate.step is not None and release.steps
    ]
    by_gate += [(gate.began, AT_PROMOTION[gate.kind]) for gate in release.gates if gate.kind in AT_PROMOTION]
    # Within a second, which is all that times are told to, the users only become more; an end comes last.
    known = sorted([*by_event, *by_gate])
    if not known:
        return []
    changes = _changes(known)
    return [*changes, *_ending(release, *changes[-1], now)]


def _ending(release: Release, last_change: float, last: int, now: float) -> list[tuple[float, int]]:
    """Argo writes weight 0 for the candidate once it is the stable version: it has all users."""
    present = 100 if release.promoted else release.weight
    at = finished(release) or now
    if present is None or present == last:
        return [(max(at, last_change), last)]
    return [(at, present), (max(at, now), present)]


def finished(release: Release) -> float | None:
    """Return when the release was promoted, aborted or replaced; None while it is under way or paused."""
    if release.aborted:
        return release.aborted_at
    if not release.promoted and not release.successor:
        return None
    done = [m.at for m in release.moments if m.reason == "RolloutCompleted"]
    ends = [gate.ended for gate in release.gates if gate.ended is not None]
    return done[-1] if done else max(ends, default=None)


def _told(moment: Moment, release: Release) -> int | None:
    """Return the candidate's percentage of users that an Event tells of; None where it tells of none."""
    if moment.reason == "SwitchService":
        switched = SWITCHED.search(moment.message)
        if switched is None or switched[1] != release.active_service:
            return None
        return 100 if switched[2] == release.candidate else 0
    pattern = {"TrafficWeightUpdated": UPDATED, "RolloutStepCompleted": STEP_DONE}.get(moment.reason)
    found = pattern.search(moment.message) if pattern else None
    return int(found[1]) if found else None
