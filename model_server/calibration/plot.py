"""The calibration as a picture: how often each confidence came true, and what a review threshold costs."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from model_server.calibration.fit import Bin, Numbers, review_rates


def draw(
    path: Path, title: str, raw: list[Bin], calibrated: list[Bin], confidence: Numbers, right: Numbers
) -> None:
    """Write the picture; `confidence` is calibrated, `right` says which utterances had no word error."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    left, rest = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="ideal")
    for found, label, style in ((raw, "raw", "o--"), (calibrated, "calibrated, held out", "o-")):
        left.plot([each.confidence for each in found], [each.right for each in found], style, label=label)
    left.set(
        xlabel="confidence", ylabel="share without a word error", title=title, xlim=(0, 1), ylim=(0, 1.02)
    )
    left.legend()
    thresholds = np.linspace(0, 1, 101)
    rates = np.array([review_rates(confidence, right.astype(bool), each) for each in thresholds])
    rest.plot(thresholds, rates[:, 0], label="utterances to review")
    rest.plot(thresholds, rates[:, 1], label="wrong utterances caught")
    rest.set(
        xlabel="--review-threshold", ylabel="share", title="partial automation", xlim=(0, 1), ylim=(0, 1.02)
    )
    rest.legend()
    figure.savefig(path, dpi=120)
