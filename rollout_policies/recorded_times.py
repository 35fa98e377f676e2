"""Reads recorded inference times, and makes of them releases slower by a known factor; judges none.

Each clip was transcribed several times in a row by the same engine. A release takes two different takes of a
clip by chance, one for each side, and multiplies the candidate's: what is left between them at a factor of 1
is what a machine does to two equal versions. Takes by the processor's clock show a quiet machine, takes by
the wall clock of a crowded one what neighbours do. Sets are drawn from the recorded clips with replacement.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rollout_policies.arguments import readable
from rollout_policies.errors import OptionError
from rollout_policies.latency_factor import bound_factor
from rollout_policies.recorded_errors import Releases
from rollout_policies.sequential import Alphas, Floats


@dataclass(frozen=True)
class RecordedTimes:
    """The words and seconds of each clip, and by machine its inference times in ms (takes x clips)."""

    words: Floats
    seconds: Floats
    takes: dict[str, Floats]


@dataclass(frozen=True)
class Slowdown:
    """A kind of release: so many times slower on clips of so many seconds or more, on one machine."""

    factor: float
    machine: str = "quiet"
    from_seconds: float = 0.0

    @property
    def name(self) -> str:
        """As tables call it."""
        where = f" from {self.from_seconds:g} s on" if self.from_seconds else ""
        return f"x{self.factor:g}{where}" + ("" if self.machine == "quiet" else f", {self.machine}")

    def factors(self, seconds: Floats) -> Floats:
        """Return by how much each clip of so many seconds takes longer."""
        return np.where(seconds >= self.from_seconds, self.factor, 1.0)


def read_times(path: Path) -> RecordedTimes:
    """Return the table in a file: tab-separated columns clip, words, seconds, then inference times in ms, two
    or more a machine: MACHINE_1, MACHINE_2, ..."""
    readable("--times", path, "a tab-separated table of inference times")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    columns = [name for name in (rows[0] if rows else {}) if name not in ("clip", "words", "seconds")]
    machines = list(dict.fromkeys(name.rpartition("_")[0] for name in columns))
    by_machine = {m: [name for name in columns if name.rpartition("_")[0] == m] for m in machines}
    if not machines or min(len(names) for names in by_machine.values()) < 2:
        raise OptionError(
            f"{path} must have the columns clip, words, seconds and two takes a machine, at least"
        )

    def column(name: str) -> Floats:
        return np.array([float(row[name]) for row in rows])

    takes = {m: np.array([column(name) for name in names]) for m, names in by_machine.items()}
    return RecordedTimes(column("words"), column("seconds"), takes)


def set_factor(recorded: RecordedTimes, slowdown: Slowdown) -> float:
    """Return the factor that a complete walk of the recorded clips finds if nothing else differs."""
    factors = slowdown.factors(recorded.seconds)
    found = bound_factor(factors, recorded.words, float(recorded.words.sum()), Alphas())
    return found.estimate if found else float("nan")


def draw_timed(
    recorded: RecordedTimes, slowdown: Slowdown, clips: int, count: int, rng: np.random.Generator
) -> Releases:
    """Draw so many releases of a kind on sets of so many clips; both sides are inference times in ms."""
    takes = recorded.takes[slowdown.machine]
    drawn = rng.integers(0, len(recorded.words), (count, clips))
    stable = rng.integers(0, len(takes), drawn.shape)
    other = (stable + rng.integers(1, len(takes), drawn.shape)) % len(takes)
    slower = slowdown.factors(recorded.seconds)[drawn]
    return Releases(recorded.words[drawn], takes[stable, drawn], takes[other, drawn] * slower)
