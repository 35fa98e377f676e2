"""What an audit finds, and how bad that is; knows nothing of how it was found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# error: the set says something untrue or is of no use so; warning: a person should look; note: good to know.
Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing found; `clip` is "" where it is about the whole set."""

    severity: Severity
    check: str
    clip: str
    message: str


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return the worst first, then by check and clip."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.check, f.clip, f.message))


def count(findings: Iterable[Finding], severity: Severity) -> int:
    """Return how many are of a severity."""
    return sum(finding.severity == severity for finding in findings)
