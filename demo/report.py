"""What the demonstration leaves in words: demo.json, the table, and what was not as expected. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from demo.releases import Release
from demo.timeline import ShippedRelease
from demo.user_load import UserRequest


def demo_json(shipped: Sequence[ShippedRelease], requests: Sequence[UserRequest]) -> dict[str, Any]:
    """The content of build/demo.json; `gate` is null where no gate stopped the release."""
    return {
        "releases": [
            {
                "name": release.name,
                "strategy": release.strategy,
                "outcome": release.outcome.ending,
                "gate": release.outcome.gate or None,
                "seconds": round(release.seconds, 1),
                "user_requests_to_candidate": release.requests_to_candidate(requests),
            }
            for release in shipped
        ],
        "user_requests": len(requests),
        "user_failures": sum(request.failed for request in requests),
    }


def surprises(
    expected: Sequence[Release], shipped: Sequence[ShippedRelease], requests: Sequence[UserRequest]
) -> list[str]:
    """What did not go as it must, a sentence each; empty when the demonstration succeeded."""
    found = []
    by_name = {release.name: release for release in shipped}
    for release in expected:
        seen = by_name.get(release.name)
        if seen is None:
            found.append(f"{release.name} was never shipped to its end")
            continue
        ending, gate = seen.outcome.ending, seen.outcome.gate
        if (ending, gate) != (release.expected, release.gate):
            wanted = f"{release.expected} by {release.gate or 'no gate'}"
            found.append(f"{release.name} must be {wanted}, not {ending} by {gate or 'no gate'}")
        if release.expected == "rolled back" and (met := seen.requests_to_candidate(requests)):
            found.append(f"{release.name} must be stopped before any user meets it; {met} users did")
    failed = [request for request in requests if request.failed]
    if failed:
        found.append(f"{len(failed)} of {len(requests)} user requests failed, the first: {failed[0].error}")
    if not requests:
        found.append("no user request was sent; without users nothing is shown")
    return found


def result_table(shipped: Sequence[ShippedRelease], requests: Sequence[UserRequest]) -> Table:
    """The table at the end."""
    table = Table()
    for heading in ("release", "outcome", "decided by", "seconds", "users served"):
        table.add_column(heading, no_wrap=True)
    for release in shipped:
        gate = f"gate {release.outcome.gate}" if release.outcome.gate else "all gates"
        served = str(release.requests_to_candidate(requests))
        table.add_row(release.name, release.outcome.ending, gate, f"{release.seconds:.0f}", served)
    failed = sum(request.failed for request in requests)
    table.caption = f"{len(requests)} user requests, {failed} failed"
    return table
