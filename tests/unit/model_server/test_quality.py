"""Input quality: figures by hand."""

import numpy as np
import pytest

from model_server.quality import measure


def test_clipped_ratio_counts_samples_at_full_scale():
    waveform = np.array([0.0, 1.0, -1.0, 0.5], dtype=np.float32)

    quality = measure(waveform, sample_rate=2)

    assert quality.clipped_ratio == pytest.approx(0.5)
    assert quality.duration_seconds == pytest.approx(2.0)


def test_nothing_is_not_clipped():
    assert measure(np.zeros(0, dtype=np.float32), 16_000).clipped_ratio == 0
