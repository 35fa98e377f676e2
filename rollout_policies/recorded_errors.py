"""Reads recorded word errors of several versions, and makes of them releases of a known size; judges none.

A release that is d points worse is made of errors that were really made: clip by clip, with probability q the
candidate makes those of a recorded mistake, where q = d over the mistake's own points, so that the expected
difference is d. On the other clips the two sides differ as two harmless versions do: one, by a coin,
makes stable's errors and the other those of a recorded harmless change, which adds nothing to the
expected difference. A batch of releases takes all mistakes that are large enough in turn. Sets of other
sizes are drawn from the recorded clips with replacement.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rollout_policies.arguments import readable
from rollout_policies.errors import OptionError
from rollout_policies.sequential import Floats


@dataclass(frozen=True)
class Recorded:
    """Recorded word errors of several versions on one set; each clip's are capped at its words."""

    clips: tuple[str, ...]
    words: Floats
    errors: dict[str, Floats]
    stable: str

    def points(self, version: str) -> float:
        """Return by how many points of WER a version is worse than the stable one."""
        return 100 * float((self.errors[version] - self.errors[self.stable]).sum() / self.words.sum())


@dataclass(frozen=True)
class Change:
    """A kind of release: so many points worse on average, or (without points) one version as recorded."""

    name: str
    harmless: str
    points: float | None = None


@dataclass(frozen=True)
class Releases:
    """Many releases, a row each: words, and both sides' word errors, clip by clip (releases x clips)."""

    words: Floats
    stable: Floats
    candidate: Floats

    @property
    def parts(self) -> Floats:
        """Candidate's word errors minus stable's."""
        return self.candidate - self.stable

    @property
    def truth(self) -> Floats:
        """Each release's difference on its own set, in errors per word."""
        return np.asarray(self.parts.sum(axis=-1) / self.words.sum(axis=-1))

    def only(self, wanted: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> "Releases":
        """Return some of the releases."""
        return Releases(self.words[wanted], self.stable[wanted], self.candidate[wanted])

    def ordered(self, order: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> "Releases":
        """Return the releases with their clips in the given orders (releases x clips)."""
        return Releases(
            *(np.take_along_axis(a, order, axis=-1) for a in (self.words, self.stable, self.candidate))
        )


def read_recorded(path: Path, stable: str) -> Recorded:
    """Return the table in a file: tab-separated columns clip, words, then one of word errors a version."""
    readable("--errors", path, "a tab-separated table of word errors")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    versions = [name for name in (rows[0] if rows else {}) if name not in ("clip", "words")]
    if len(versions) < 2:
        raise OptionError(
            f"{path} must have the columns clip, words and one a version, two at least, and a row a clip"
        )
    if stable not in versions:
        raise OptionError(f"--stable must be one of {', '.join(versions)}, not {stable!r}")
    words = np.array([float(row["words"]) for row in rows])
    errors = {v: np.minimum(words, np.array([float(row[v]) for row in rows])) for v in versions}
    return Recorded(tuple(row["clip"] for row in rows), words, errors, stable)


def least_harmful(recorded: Recorded) -> str:
    """Return the version whose WER is nearest to stable's: what a harmless change looks like."""
    others = [version for version in recorded.errors if version != recorded.stable]
    return min(others, key=lambda version: abs(recorded.points(version)))


def large_enough(recorded: Recorded, points: float) -> list[str]:
    """Return the versions of which a share makes a release so many points worse."""
    return [v for v in recorded.errors if recorded.points(v) >= max(points, _LEAST_POINTS)]


def draw_releases(
    recorded: Recorded, change: Change, clips: int | None, count: int, rng: np.random.Generator
) -> Releases:
    """Draw so many releases of a kind, on the recorded set itself or on sets of so many of its clips."""
    size = len(recorded.words)
    drawn = np.tile(np.arange(size), (count, 1)) if clips is None else rng.integers(0, size, (count, clips))
    words, stable = recorded.words[drawn], recorded.errors[recorded.stable][drawn]
    if change.points is None:
        return Releases(words, stable, recorded.errors[change.name][drawn])
    other = recorded.errors[change.harmless][drawn]
    swapped = rng.random(drawn.shape) < 0.5
    sides = np.where(swapped, other, stable), np.where(swapped, stable, other)
    if change.points == 0:
        return Releases(words, *sides)
    mistaken_versions = large_enough(recorded, change.points)
    if not mistaken_versions:
        raise OptionError(f"no recorded version is {change.points:g} points worse than {recorded.stable}")
    turn = np.arange(count)[:, None] % len(mistaken_versions)
    mistakes = np.array([recorded.errors[v] for v in mistaken_versions])[turn, drawn]
    share = np.array([change.points / recorded.points(v) for v in mistaken_versions])[turn]
    mistaken = rng.random(drawn.shape) < share
    return Releases(words, np.where(mistaken, stable, sides[0]), np.where(mistaken, mistakes, sides[1]))


# What is less than this worse is a harmless change, not a mistake that a fraction of could be taken.
_LEAST_POINTS = 1.0
