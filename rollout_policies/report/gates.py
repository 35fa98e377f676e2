"""Reads gates out of AnalysisRuns; pure: knows nothing of Rollouts or of how runs were read.

A run has one metric or several (blue-green allows one run a place); each metric is a gate. Arguments bear
their gate's name (accuracy-margin), so that gates can share a run. Times are seconds since 1970.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout_policies.rollouts import Object

STEP = "step-index"
KIND = "rollout-type"
UNFINISHED = ("Pending", "Running")


@dataclass(frozen=True)
class Measurement:
    """One look of a gate; `value` is None where the query gave no number."""

    at: float
    phase: str
    value: float | None


@dataclass(frozen=True)
class Gate:
    """One metric of an AnalysisRun: the step it belongs to (None: none), its arguments and its looks.

    `count` is the number of looks; of many, Argo keeps only the last as `measurements`.
    """

    name: str
    run: str
    kind: str
    step: int | None
    phase: str
    message: str
    began: float
    ended: float | None
    arguments: Mapping[str, str]
    count: int
    measurements: tuple[Measurement, ...]

    @property
    def value(self) -> float | None:
        """The last number measured, None where there never was one."""
        return next((m.value for m in reversed(self.measurements) if m.value is not None), None)


def gates(run: Object) -> Iterable[Gate]:
    """Yield the gates of an AnalysisRun; what runs dry beside them, a load, is none."""
    metadata, spec, status = run["metadata"], run["spec"], run.get("status") or {}
    dry = {str(one["metricName"]) for one in spec.get("dryRun") or ()}
    names = [name for name in (str(metric["name"]) for metric in spec["metrics"]) if name not in dry]
    results = {result["name"]: result for result in status.get("metricResults") or ()}
    given = {a["name"]: str(a.get("value", "")) for a in spec.get("args") or ()}
    labels = metadata.get("labels") or {}
    step = str(labels.get(STEP, ""))
    for name in names:
        result = results.get(name) or {}
        looks = (_measurement(look) for look in result.get("measurements") or ())
        measurements = tuple(sorted(looks, key=lambda m: m.at))
        phase = result.get("phase") or status.get("phase") or "Pending"
        began = seconds(status.get("startedAt")) or seconds(metadata.get("creationTimestamp")) or 0.0
        yield Gate(
            name=name,
            run=metadata["name"],
            kind=labels.get(KIND, ""),
            step=int(step) if step.isdigit() else None,
            phase=phase,
            message=result.get("message") or _own_message(status, name, names),
            began=began,
            ended=None if phase in UNFINISHED else _end(status, measurements, began, shared=len(names) > 1),
            arguments=own_arguments(given, name, names),
            count=int(result.get("count", 0)) + int(result.get("error", 0)),
            measurements=measurements,
        )


def own_arguments(given: Mapping[str, str], name: str, names: Sequence[str]) -> dict[str, str]:
    """Return a gate's arguments without its name before them, and those that belong to no gate of the run."""
    own = {}
    for key, value in given.items():
        owner = max((other for other in names if key.startswith(f"{other}-")), key=len, default="")
        if owner in ("", name):
            own[key.removeprefix(f"{owner}-") if owner else key] = value
    return own


def _own_message(status: Object, name: str, names: Sequence[str]) -> str:
    """Of gates that share a run, its message is the one's that it names."""
    message = str(status.get("message") or "")
    return message if len(names) == 1 or f'"{name}"' in message else ""


def _end(status: Object, measurements: Sequence[Measurement], began: float, shared: bool) -> float:
    """A metric has no end of its own: the run's, or its last look's in a run that is shared or goes on."""
    last = measurements[-1].at if measurements else None
    return (last if shared else None) or seconds(status.get("completedAt")) or last or began


def _measurement(look: Object) -> Measurement:
    at = seconds(look.get("finishedAt")) or seconds(look.get("startedAt")) or 0.0
    return Measurement(at, str(look.get("phase", "")), measured(str(look.get("value", ""))))


def measured(value: str) -> float | None:
    """Return the number the Prometheus provider writes as "[0.5]" or "0.5"; None for none, several or NaN."""
    try:
        found = json.loads(value)
    except ValueError:
        return None
    if isinstance(found, list):
        found = found[0] if len(found) == 1 else None
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and math.isfinite(found) else None


def seconds(time: str | None) -> float | None:
    """Return a time of the Kubernetes API as seconds since 1970; None for none."""
    return datetime.fromisoformat(time).timestamp() if time else None
