"""When each word was said, from where the decoder looked in the sound; knows nothing of torch.

The idea is that of openai/whisper's timing.py: in some heads the cross-attention follows the sound, so the
path of most attention through (tokens, frames) that never goes back is the alignment. Here each frame
belongs to one token and each token has one frame at least, which makes the path one pass over the frames
(Viterbi).
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model_server.transcript import Word

FRAME_SECONDS = 0.02
MEDIAN_FRAMES = 7  # openai/whisper's: a smoothing of 0.14 s


def word_times(
    words: Sequence[tuple[str, int]], attention: NDArray[np.float32], seconds: float
) -> tuple[Word, ...]:
    """The words, given each with its number of tokens, and when they were said in a clip of `seconds`.

    `attention` is (heads, tokens, frames): the words' tokens and, where the decoder came to the end, one for
    that. None where the tokens outnumber the frames, as those of a clip shorter than a word may.
    """
    _, tokens, frames = attention.shape
    if not words or tokens > frames:
        return ()
    firsts = [first * FRAME_SECONDS for first in path(-smoothed(attention))]
    bounds = [0, *itertools.accumulate(count for _, count in words)]
    times = [firsts[bound] if bound < tokens else seconds for bound in bounds]
    named = zip((text for text, _ in words), itertools.pairwise(times), strict=True)
    return tuple(Word(text, start, end) for text, (start, end) in named if text)


def smoothed(attention: NDArray[np.float32]) -> NDArray[np.float32]:
    """(tokens, frames): attention standardised over tokens, smoothed over frames, averaged over heads."""
    spread = attention.std(axis=1, keepdims=True).clip(min=np.finfo(np.float32).tiny)
    standard = (attention - attention.mean(axis=1, keepdims=True)) / spread
    side = MEDIAN_FRAMES // 2
    windows = sliding_window_view(
        np.pad(standard, ((0, 0), (0, 0), (side, side)), mode="edge"), MEDIAN_FRAMES, axis=2
    )
    averaged: NDArray[np.float32] = np.median(windows, axis=-1).mean(axis=0)
    return averaged


def path(cost: NDArray[np.float32]) -> list[int]:
    """The first frame of each token on the cheapest way through (tokens, frames) from corner to corner."""
    tokens, frames = cost.shape
    came_from_before = np.zeros((frames, tokens), dtype=bool)
    total = np.full(tokens, np.inf)
    total[0] = 0.0
    for frame in range(frames):
        if frame:
            before = np.concatenate(([np.inf], total[:-1]))
            came_from_before[frame] = before < total
            total = np.minimum(before, total)
        total = total + cost[:, frame]
    first = [0] * tokens
    token = tokens - 1
    for frame in range(frames - 1, 0, -1):
        if came_from_before[frame, token]:
            first[token] = frame
            token -= 1
    return first
