"""Times of words from where the decoder looked: the way that never goes back and costs least."""

import numpy as np
import pytest

from model_server.engines.whisper_timing import path, word_times
from model_server.transcript import Word


@pytest.mark.parametrize(
    ("cost", "firsts"),
    [
        ([[0, 0, 9, 9], [9, 9, 0, 0]], [0, 2]),
        # Token 1 is cheapest at frame 0 but must wait for token 0.
        ([[5, 9, 9, 9], [0, 5, 9, 9], [9, 9, 1, 1]], [0, 1, 2]),
        # The cheap frame 2 of token 0 cannot be had together with those of token 1 before it.
        ([[1, 20, 0, 9], [9, 1, 9, 1]], [0, 1]),
        ([[1]], [0]),
    ],
)
def test_cheapest_way_never_goes_back(cost, firsts):
    assert path(np.array(cost, dtype=np.float32)) == firsts


def looking_at(*spans, frames=200):
    """Attention of one head: each token looks at the frames of its span."""
    attention = np.full((1, len(spans), frames), 0.001, dtype=np.float32)
    for token, (first, last) in enumerate(spans):
        attention[0, token, first:last] = 0.02
    return attention


def test_word_lasts_from_its_first_token_to_the_next_words():
    attention = looking_at((0, 50), (50, 75), (75, 150), (150, 200))

    assert word_times([("good", 1), ("morning.", 2)], attention, 4.0) == (
        Word("good", 0.0, pytest.approx(1.0, abs=0.1)),
        Word("morning.", pytest.approx(1.0, abs=0.1), pytest.approx(3.0, abs=0.1)),
    )


def test_last_word_without_an_end_lasts_to_the_clips():
    assert word_times([("good", 1)], looking_at((0, 200)), 4.0) == (Word("good", 0.0, 4.0),)


def test_more_tokens_than_frames_have_no_times():
    assert word_times([("a", 1), ("b", 1)], looking_at((0, 1), (0, 1), frames=1), 0.02) == ()
