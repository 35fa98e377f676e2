"""Audits a golden set: gathers what all checks find and sums it up as text or JSON; repairs nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rollout_policies.golden.balance import Part, check_balance, parts
from rollout_policies.golden.findings import SEVERITIES, Finding, Severity, count, ordered
from rollout_policies.golden.labels import check_labels
from rollout_policies.golden.rows import Progress, Row, read_rows
from rollout_policies.golden.sounds import SoundLimits, check_sounds
from rollout_policies.markup import printable

# Of one check's findings, so many are written out in the text; the page and the JSON have all.
SHOWN = 10


@dataclass(frozen=True)
class Audit:
    """A set's lines, what was found, and what it is made of."""

    directory: Path
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    parts: tuple[Part, ...]

    def failed(self, fail_on: Severity) -> bool:
        """Say whether something as bad as `fail_on`, or worse, was found."""
        return any(count(self.findings, s) for s in SEVERITIES[: SEVERITIES.index(fail_on) + 1])


def audit(directory: Path, limits: SoundLimits, progress: Progress = lambda _done, _of: None) -> Audit:
    """Return the audit of a set; GoldenSetError where it has no manifest."""
    rows, findings = read_rows(directory, progress)
    divided = parts(rows)
    findings += [*_listed_twice(rows), *check_labels(rows), *check_sounds(rows, limits)]
    findings += check_balance(rows, divided)
    if not rows:
        findings.append(Finding("error", "manifest", "", "lists no clip"))
    return Audit(directory, tuple(rows), tuple(ordered(findings)), tuple(divided))


def _listed_twice(rows: Sequence[Row]) -> Iterable[Finding]:
    for name, times in Counter(row.name for row in rows).items():
        if times > 1:
            yield Finding("error", "manifest", name, f"is listed {times} times; a clip counts once")


def summary(found: Audit) -> str:
    """Return the audit as text: what the set is, then the findings, the worst first."""
    seconds = sum(row.sound.seconds for row in found.rows if row.sound)
    words = sum(row.words for row in found.rows)
    counts = ", ".join(f"{count(found.findings, s)} {s}s" for s in SEVERITIES)
    lines = [f"{found.directory}: {len(found.rows)} clips, {words} words, {seconds:.0f} s; {counts}"]
    for (severity, check), group in _grouped(found.findings):
        lines.append(f"\n{severity}: {check} ({len(group)})")
        lines += [f"  {_line(finding)}" for finding in group[:SHOWN]]
        if len(group) > SHOWN:
            lines.append(f"  and {len(group) - SHOWN} more")
    return "\n".join(lines) + "\n"


def _grouped(findings: Sequence[Finding]) -> list[tuple[tuple[str, str], list[Finding]]]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.check), []).append(finding)
    return list(groups.items())


def _line(finding: Finding) -> str:
    return printable(f"{finding.clip}: {finding.message}" if finding.clip else finding.message)


def as_json(found: Audit) -> dict[str, Any]:
    """Return the audit as JSON takes it."""
    return {
        "set": str(found.directory),
        "clips": len(found.rows),
        "words": sum(row.words for row in found.rows),
        "seconds": round(sum(row.sound.seconds for row in found.rows if row.sound), 3),
        "counts": {severity: count(found.findings, severity) for severity in SEVERITIES},
        "findings": [asdict(finding) for finding in found.findings],
        "parts": [asdict(part) for part in found.parts],
        "sounds": {row.name: asdict(row.sound) for row in found.rows if row.sound},
    }
