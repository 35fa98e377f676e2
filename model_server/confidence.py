"""How sure a decoder is of what it wrote, from its own probabilities; knows nothing of any engine.

Entropy of a token's distribution, exponentially normalised: Laptev and Ginsburg, Fast Entropy-Based Methods
of Word-Level Confidence Estimation for End-to-End Automatic Speech Recognition, 2022, arXiv 2212.08703,
section 3. Their Gibbs (Shannon) entropy is taken, since Tsallis's with alpha below 1 counts the tails of
vocabularies of tens of thousands of tokens for more than their peaks.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_server.artefact.manifest import Calibration


def token_confidence(logits: NDArray[np.float32]) -> float:
    """(V exp(-H) - 1) / (V - 1) of a row of V logits: 1 where one token has all, 0 where all are equal."""
    shifted = logits - logits.max()
    weights = np.exp(shifted)
    total = float(weights.sum())
    # H = -sum p ln p with p = weights / total and ln p = shifted - ln total.
    entropy = np.log(total) - float(weights @ shifted) / total
    size = len(logits)
    return float((size * np.exp(-entropy) - 1) / (size - 1))


def utterance_confidence(tokens: Sequence[float]) -> float | None:
    """The mean of the tokens' confidences, None where there is no token."""
    return sum(tokens) / len(tokens) if tokens else None


def calibrated(raw: float | None, calibration: Calibration | None) -> float | None:
    """The probability that an utterance has no word error, by the model's calibration; raw without one."""
    if raw is None or calibration is None:
        return raw
    return 1 / (1 + math.exp(-(calibration.intercept + calibration.slope * raw)))
