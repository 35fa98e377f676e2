"""Stage 2, input quality: what can be said of a waveform before anyone listens to it."""

from dataclasses import dataclass

import numpy as np

from model_server.waveform import Waveform

# 16-bit full scale is 0.99997; resampling a clipped sound smears its flat tops a little below that.
CLIPPED_LEVEL = 0.99


@dataclass(frozen=True)
class InputQuality:
    """Figures of one clip; ratios are from 0 to 1."""

    duration_seconds: float
    clipped_ratio: float


def measure(waveform: Waveform, sample_rate: int) -> InputQuality:
    """The quality of a waveform at `sample_rate` Hz."""
    clipped = float(np.mean(np.abs(waveform) >= CLIPPED_LEVEL)) if len(waveform) else 0.0
    return InputQuality(len(waveform) / sample_rate, clipped)
