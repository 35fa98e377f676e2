"""Time series as a test writes them down: by name, labels and age; knows nothing of gates."""

from collections.abc import Callable
from dataclasses import dataclass

SCRAPE_SECONDS = 5
LOOK_BACK_SECONDS = 600
# What is older is written down more seldom, but often enough not to be taken for gone.
OLD_SCRAPE_SECONDS = 120


@dataclass(frozen=True)
class Series:
    """One time series: (age in seconds, value), oldest first; `{namespace}` in labels is the case's own."""

    name: str
    labels: dict[str, str]
    points: tuple[tuple[float, float], ...]
    values_are_ages: bool = False  # the value is a time, written as its age

    def at(self, now: float) -> list[tuple[float, float]]:
        """Return (time, value) points."""
        return [(now - age, now - value if self.values_are_ages else value) for age, value in self.points]


def scraped(
    name: str,
    labels: dict[str, str],
    value_at_age: Callable[[float], float],
    *,
    since: float = LOOK_BACK_SECONDS,
    until: float = 0,
) -> Series:
    """Return a series scraped from age `since` to age `until`, in seconds; every 5 s lately."""
    old = range(round(since), LOOK_BACK_SECONDS, -OLD_SCRAPE_SECONDS)
    ages = [age for age in (*old, *range(LOOK_BACK_SECONDS, -1, -SCRAPE_SECONDS)) if until <= age <= since]
    return Series(name, labels, tuple((age, value_at_age(age)) for age in ages))


def flat(name: str, labels: dict[str, str], value: float, *, since: float = 600, until: float = 0) -> Series:
    """Return a series that has had one value."""
    return scraped(name, labels, lambda age: value, since=since, until=until)
