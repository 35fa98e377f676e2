"""Draws how soon each judge has aborted each kind of release; never aborted never rises."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # draws to a file; no display is asked for

import numpy as np
from matplotlib import pyplot as plt

from rollout_policies.judges.compare import OURS, Judged

COLUMNS = 3
OURS_COLOUR = "#1a7a1a"


def draw(judged: Sequence[Judged], kinds: Sequence[str], to: Path) -> None:
    """Write the picture, a PNG: a panel a kind of release."""
    rows = -(-len(kinds) // COLUMNS)
    figure, panels = plt.subplots(
        rows, COLUMNS, figsize=(15, 4 * rows), layout="constrained", sharey=True, squeeze=False
    )
    for panel, kind in zip(panels.flat, kinds, strict=False):
        for one in judged:
            if one.tally.change != kind:
                continue
            ours = one.tally.judge == OURS
            looks = np.arange(one.endings.clips + 1)
            after = np.sort(np.where(one.endings.failed, one.endings.failed_after, one.endings.clips + 1))
            share = np.searchsorted(after, looks, side="right") / len(after)
            style = {"color": OURS_COLOUR, "linewidth": 3.0, "zorder": 3} if ours else {"linewidth": 1.2}
            panel.plot(looks, share, label=one.tally.judge, **style)
        panel.set_title(f"{kind} points" if kind.startswith("+") else kind)
        panel.set_xlabel("clips compared")
        panel.grid(alpha=0.3)
    for row in panels:
        row[0].set_ylabel("share of releases aborted")
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=100)
    plt.close(figure)
