"""Shows what probing took from both sides; a page's part. Knows nothing of bounds or words."""

from collections.abc import Sequence

from rollout_policies.cost import added, busy_share
from rollout_policies.evidence import Pair
from rollout_policies.markup import Html, section, table, tag, text
from rollout_policies.report.timeline import span

HEAD = ("", "Probes", "Refused", "Sent again", "Audio", "Inference", "Of one pod's time")


def cost_view(pairs: Sequence[Pair]) -> Html | None:
    """Return the part of the page; None where no cost was kept."""
    cost = added(pair.cost for pair in pairs)
    if not cost.seconds:
        return None
    rows = [
        [
            text(side),
            *(text(number) for number in (spent.probes, spent.refused, spent.retried)),
            text(f"{spent.audio_seconds:.0f} s"),
            text(f"{spent.inference_seconds:.1f} s"),
            text(f"{100 * busy_share(spent, cost):.1f} %"),
        ]
        for side, spent in cost.sides
    ]
    said = f"In {span(cost.seconds)}, warm-ups, second tries and clips that were given up included."
    return section("What probing took", tag("p", text(said)), table(HEAD, rows))
