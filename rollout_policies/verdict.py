"""Says what a walk's figures prove against margins: no worse, worse, or neither; knows no pods and no files.

The rule is the gates' own (charts/rollout-policies/queries): a lower bound above its margin fails; upper
bounds at or below theirs pass, once there are enough pairs or none is left; what is missing never passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from rollout_policies.sequential import Bounds
from rollout_policies.walk import Figures


class Ending(Enum):
    """What was proven; the value is how it is said."""

    NO_WORSE = "no worse"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Margins:
    """The greatest differences that count as no worse: by measure (errors per word, a factor), and the pairs
    that a pass needs."""

    by_measure: Mapping[str, float]
    min_pairs: int = 50


@dataclass(frozen=True)
class Finding:
    """What one measure's bounds prove against its margin; no bounds where it was not measured enough."""

    measure: str
    bounds: Bounds | None
    margin: float
    ending: Ending


@dataclass(frozen=True)
class Verdict:
    """What all measures prove together, and each alone."""

    ending: Ending
    findings: tuple[Finding, ...]


def decide(figures: Figures | None, margins: Margins) -> Verdict:
    """Return the verdict: worse where any measure is, no worse where every one is, else undecided."""
    found = dict(figures.differences) if figures else {}
    enough = figures is not None and (figures.pairs >= margins.min_pairs or figures.remaining == 0)
    findings = tuple(
        Finding(measure, found.get(measure), margin, _ending(found.get(measure), margin, enough))
        for measure, margin in margins.by_measure.items()
    )
    endings = {finding.ending for finding in findings}
    if Ending.WORSE in endings:
        return Verdict(Ending.WORSE, findings)
    return Verdict(Ending.NO_WORSE if endings == {Ending.NO_WORSE} else Ending.UNDECIDED, findings)


def _ending(bounds: Bounds | None, margin: float, enough: bool) -> Ending:
    if bounds is not None and bounds.lower > margin:
        return Ending.WORSE
    return Ending.NO_WORSE if bounds is not None and bounds.upper <= margin and enough else Ending.UNDECIDED
