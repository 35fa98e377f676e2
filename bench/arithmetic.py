"""Numbers out of raw results: percentiles, rates, ratios, pairs; pure, and knows no clock."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A number measured in several rounds."""

    median: float
    lowest: float
    highest: float
    rounds: int


def spread(values: Sequence[float]) -> Spread | None:
    """Median, least and greatest of the rounds; None where there are none."""
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values), len(values))


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile (0 < percent <= 100): so many percent of the values do not exceed it."""
    if not values:
        raise ValueError("a percentile needs at least one value")
    rank = math.ceil(percent / 100 * len(values) - 1e-9)
    return sorted(values)[max(rank, 1) - 1]


def rate(completions: Sequence[float]) -> float:
    """Completions a second: intervals over the time from the first to the last, so that no edge counts."""
    if len(completions) < 2:
        raise ValueError(f"a rate needs two completions at least, not {len(completions)}")
    ordered = sorted(completions)
    return (len(ordered) - 1) / (ordered[-1] - ordered[0])


def within(times: Sequence[float], begin: float, end: float) -> list[float]:
    """The times in [begin, end)."""
    return [time for time in times if begin <= time < end]


def paired_differences(request: Sequence[float], engine: Sequence[float]) -> list[float]:
    """Request's minus engine's seconds, clip by clip; both in the same order."""
    return [longer - shorter for longer, shorter in zip(request, engine, strict=True)]


def due_seconds(rate: float, duration_seconds: float) -> list[float]:
    """When each request of an open loop is due: i / rate, so that errors never add up."""
    return [index / rate for index in range(math.ceil(rate * duration_seconds - 1e-9))]
