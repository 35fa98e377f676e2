"""Draws the walks as one plain HTML page, each with a link to its report; knows nothing of what walks do."""

from collections.abc import Sequence

from rollout_policies.markup import Html, page, table, tag, text
from rollout_policies.metrics import WalkView
from rollout_policies.walk import sentence

COLUMNS = ("Rollout", "Revision", "Stable", "Candidate", "Golden set", "Doing", "Evidence")
REFRESH_SECONDS = 5


def walks_page(views: Sequence[WalkView]) -> str:
    """Return a page with one row a walk, running ones first."""
    ordered = sorted(views, key=lambda v: (v.ended_at is not None, v.identity.namespace, v.identity.rollout))
    rows = [_row(view) for view in ordered]
    shown = table(COLUMNS, rows) if rows else tag("p", text("No candidate is being compared."))
    return page("Serinus referee", tag("h1", text("Golden walks")), shown, refresh_seconds=REFRESH_SECONDS)


def _row(view: WalkView) -> list[Html]:
    i = view.identity
    name = f"{i.namespace}/{i.rollout}"
    cells = (
        view.revision,
        i.stable,
        i.candidate,
        i.golden_digest[:12],
        view.doing if view.ended_at is None else "ended",
        sentence(view.figures),
    )
    return [tag("a", text(name), href=f"/reports/{name}"), *(text(cell) for cell in cells)]
