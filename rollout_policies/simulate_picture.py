"""Draws a simulation: how soon each size of change is decided, and what sets of other sizes would do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # draws to a file; no display is asked for

import numpy as np
from matplotlib import pyplot as plt

from rollout_policies.simulate import LEAST_PROMOTED, MOST_PROMOTED_BAD, Size
from rollout_policies.simulated_walks import Endings, Flags
from rollout_policies.tally import Tally


def draw(here: Sequence[tuple[Tally, Endings]], found: Sequence[Size], to: Path) -> None:
    """Write the picture, a PNG."""
    figure, (aborted, promoted, by_size) = plt.subplots(1, 3, figsize=(18, 5.5), layout="constrained")
    changes = [(t, endings) for t, endings in here if t.change.startswith("+")]
    for t, endings in changes:
        _rise(aborted, t.change, endings, endings.failed)
        _rise(promoted, t.change, endings, endings.passed)
    aborted.set_title("aborted, on this set")
    promoted.set_title("promoted, on this set")
    for panel in (aborted, promoted):
        panel.set_xlabel("clips compared")
        panel.set_ylabel("share of releases")
        panel.grid(alpha=0.3)
    aborted.legend(title="points worse")
    clips = [size.clips for size in found]
    by_size.plot(
        clips, [s.harmless_promoted.share for s in found], "o-", color="#1a7a1a", label="harmless, the worst"
    )
    by_size.plot(
        clips, [s.bad_promoted.share for s in found], "o-", color="#d62728", label="1 point beyond the margin"
    )
    by_size.axhline(LEAST_PROMOTED, color="#1a7a1a", linestyle="--", alpha=0.6)
    by_size.axhline(MOST_PROMOTED_BAD, color="#d62728", linestyle="--", alpha=0.6)
    by_size.set_title("promoted, on sets of other sizes")
    by_size.set_xlabel("clips of the set")
    by_size.grid(alpha=0.3)
    by_size.legend()
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=100)
    plt.close(figure)


def _rise(panel: Any, name: str, endings: Endings, which: Flags) -> None:
    looks = np.arange(endings.clips + 1)
    after = np.sort(endings.decided_after[which])
    panel.plot(looks, np.searchsorted(after, looks, side="right") / len(which), label=name)
