"""From raw confidences and outcomes to a logistic map, and how well it holds. Pure.

The map is Platt's (Probabilistic Outputs for Support Vector Machines, 1999) with his smoothed targets; the
expected calibration error is that of Guo et al., On Calibration of Modern Neural Networks, 2017, arXiv
1706.04599, over bins of equal counts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
NEWTON_STEPS = 100
BINS = 10
# Keeps the Hessian invertible where one value of confidence is all there is.
RIDGE = 1e-9


@dataclass(frozen=True)
class Logistic:
    """calibrated = 1 / (1 + exp(-(intercept + slope * raw)))."""

    intercept: float
    slope: float

    def __call__(self, raw: Numbers) -> Numbers:
        """The probabilities of these raw confidences."""
        calibrated: Numbers = 1 / (1 + np.exp(-(self.intercept + self.slope * raw)))
        return calibrated


@dataclass(frozen=True)
class Bin:
    """Utterances of about the same confidence: their count, mean confidence and share that came true."""

    count: int
    confidence: float
    right: float


def fit(raw: Numbers, right: NDArray[np.bool_]) -> Logistic:
    """The most likely map; ValueError unless some utterances are right and some wrong."""
    rights, wrongs = int(right.sum()), int((~right).sum())
    if rights == 0 or wrongs == 0:
        raise ValueError(
            f"a calibration needs utterances of both kinds, not {rights} right and {wrongs} wrong"
        )
    targets = np.where(right, (rights + 1) / (rights + 2), 1 / (wrongs + 2))
    features = np.stack([np.ones(len(raw)), raw], axis=1)
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        predicted = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (targets - predicted)
        curvature = (features * (predicted * (1 - predicted))[:, None]).T @ features + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    return Logistic(float(weights[0]), float(weights[1]))


def held_out(raw: Numbers, right: NDArray[np.bool_], folds: int, seed: int) -> Numbers:
    """Each utterance's calibrated confidence by a map fitted without it."""
    order = np.random.default_rng(seed).permutation(len(raw))
    calibrated = np.empty(len(raw))
    for fold in range(folds):
        out = order[fold::folds]
        kept = np.setdiff1d(order, out)
        calibrated[out] = fit(raw[kept], right[kept])(raw[out])
    return calibrated


def bins(confidence: Numbers, right: NDArray[np.bool_], count: int = BINS) -> list[Bin]:
    """Utterances from the least to the most confident, in bins of equal counts."""
    order = np.argsort(confidence, kind="stable")
    return [
        Bin(len(part), float(confidence[part].mean()), float(right[part].mean()))
        for part in np.array_split(order, count)
        if len(part)
    ]


def calibration_error(found: list[Bin]) -> float:
    """The mean distance of confidence and truth, each bin weighed by its count."""
    total = sum(each.count for each in found)
    return sum(each.count * abs(each.confidence - each.right) for each in found) / total


def ranking(confidence: Numbers, right: NDArray[np.bool_]) -> float:
    """How often a right utterance is more confident than a wrong one: the area under the ROC curve."""
    good, bad = confidence[right], confidence[~right]
    above = (good[:, None] > bad[None, :]).mean()
    equal = (good[:, None] == bad[None, :]).mean()
    return float(above + equal / 2)


def review_rates(confidence: Numbers, right: NDArray[np.bool_], threshold: float) -> tuple[float, float]:
    """At this threshold: the share of utterances to review, and the share of wrong ones among them caught."""
    reviewed = confidence < threshold
    return float(reviewed.mean()), float(reviewed[~right].mean())
