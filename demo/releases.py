"""The three releases of the demonstration, each with the ending that is expected of it: data as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from demo.rollout_watch import Ending

VALUES = Path(__file__).resolve().parent / "releases"


@dataclass(frozen=True)
class Release:
    """A change of values, how it must end and by which gate, and how many seconds that may take."""

    name: str
    says: str
    expected: Ending
    gate: str
    seconds: float
    strategy: str = "canary"

    @property
    def values(self) -> Path:
        """The values file, which `helm upgrade --reuse-values -f` takes."""
        return VALUES / f"{self.name}.yaml"


STABLE = VALUES / "stable.yaml"

RELEASES = (
    Release("words-damaged", "the last 0.4 s of each clip are lost", "rolled back", "accuracy", 420),
    Release("slow", "inference takes three times as long", "rolled back", "paired-latency", 300),
    Release("good", "stricter voice activity detection, the same words", "promoted", "", 900),
)
