"""Counts how judged releases ended and how sure those counts are; knows nothing of how they were judged.

Two truths are told apart. The *set's* is the difference on the very clips that were walked, which is what a
walk bounds. The *speech's* is the difference expected of all such clips. A release is aborted or promoted
falsely of the set among those whose set says otherwise.
"""

from dataclasses import dataclass

import numpy as np

from rollout_policies.sequential import Floats
from rollout_policies.simulated_walks import Counts, Endings, Flags

HALVINGS = 40


@dataclass(frozen=True)
class Share:
    """So many of so many, and the 95 % upper limit of the probability behind it."""

    of: int
    count: int

    @property
    def share(self) -> float:
        """The share; NaN of none."""
        return self.count / self.of if self.of else float("nan")

    @property
    def at_most(self) -> float:
        """The one-sided 95 % upper limit of Clopper and Pearson (1934)."""
        return upper_limit(self.count, self.of)


@dataclass(frozen=True)
class Tally:
    """How one judge ended many releases of one kind; clips are None where that share never came."""

    judge: str
    change: str
    points: float
    clips: int
    aborted: Share
    promoted: Share
    undecided: Share
    falsely_aborted: Share
    falsely_promoted: Share
    median_to_abort: int | None
    most_to_abort: int | None
    median_to_decide: int | None


def tally(judge: str, change: str, points: float, endings: Endings, truth: Floats, margin: float) -> Tally:
    """Count endings against each release's own truth (errors per word); never aborted is never."""
    harmless = truth <= margin
    caught_after = np.where(endings.failed, endings.failed_after, endings.clips + 1)
    return Tally(
        judge=judge,
        change=change,
        points=points,
        clips=endings.clips,
        aborted=_share(endings.failed),
        promoted=_share(endings.passed),
        undecided=_share(~endings.failed & ~endings.passed),
        falsely_aborted=_share(endings.failed[harmless]),
        falsely_promoted=_share(endings.passed[~harmless]),
        median_to_abort=_quantile(caught_after, 0.5, endings.clips),
        most_to_abort=_quantile(caught_after, 0.9, endings.clips),
        median_to_decide=_quantile(endings.decided_after, 0.5, endings.clips),
    )


def _share(flags: Flags) -> Share:
    return Share(len(flags), int(flags.sum()))


def _quantile(after: Counts, share: float, clips: int) -> int | None:
    """Return the smallest number of clips within which this share came; None where it never did."""
    found = int(np.quantile(after, share, method="inverted_cdf"))
    return found if found <= clips else None


def upper_limit(count: int, of: int, error: float = 0.05) -> float:
    """Return the probability at which at most `count` successes in `of` trials have the chance `error`."""
    if of == 0 or count == of:
        return 1.0
    trials = np.arange(count + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, of + 1)))])
    log_ways = log_factorial[of] - log_factorial[trials] - log_factorial[of - trials]
    low, high = count / of, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        chance = np.exp(log_ways + trials * np.log(middle) + (of - trials) * np.log1p(-middle)).sum()
        low, high = (middle, high) if chance > error else (low, middle)
    return high
