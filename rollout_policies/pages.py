"""Draws the walks as one plain HTML page; every text that came from outside is escaped."""

from collections.abc import Sequence
from html import escape

from rollout_policies.metrics import WalkView
from rollout_policies.walk import sentence

STYLE = "body{font:15px sans-serif} td,th{text-align:left;padding:.3em 1em;border-bottom:1px solid #ccc}"
COLUMNS = ("Rollout", "Revision", "Stable", "Candidate", "Golden set", "Doing", "Evidence")


def walks_page(views: Sequence[WalkView]) -> str:
    """Return a page with one row a walk, running ones first."""
    ordered = sorted(views, key=lambda v: (v.ended_at is not None, v.identity.namespace, v.identity.rollout))
    head = "".join(f"<th>{column}</th>" for column in COLUMNS)
    rows = "".join(_row(view) for view in ordered)
    table = f"<table><tr>{head}</tr>{rows}</table>" if rows else "<p>No candidate is being compared.</p>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Serinus referee</title>'
        f'<meta http-equiv="refresh" content="5"><style>{STYLE}</style></head>'
        f"<body><h1>Golden walks</h1>{table}</body></html>"
    )


def _row(view: WalkView) -> str:
    i = view.identity
    cells = (
        f"{i.namespace}/{i.rollout}",
        view.revision,
        i.stable,
        i.candidate,
        i.golden_digest[:12],
        view.doing if view.ended_at is None else "ended",
        sentence(view.figures),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
