"""How far two transcripts of the same speech are apart, and what that proves of their word error rates.

With d the word edit distance, the triangle inequality d(truth, candidate) <= d(truth, stable) + d(stable,
candidate) bounds the candidate's word error rate by stable's plus the disagreement, in errors per word of the
truth; the truth's length is unknown and stable's taken for it. So a disagreement below a margin proves no
worse without any label, and one above it proves nothing of who is right: a person listens to the worst.

The bounds are those of the mean disagreement of a user's utterance, a number in [0, 1], over utterances drawn
independently: betting as in `sequential` against a constant mean (Waudby-Smith and Ramdas, arXiv 2010.09686,
section 4). Utterances of one user resemble each other, which this does not know.
"""

import jiwer
import numpy as np

from rollout_policies.sequential import Alphas, Bounds, Floats, largest_refused, refused
from rollout_policies.word_errors import normalised


def disagreement(stable: str, candidate: str) -> tuple[int, int]:
    """Words that differ between two raw transcripts, and the words of stable's; at least 1 of the latter."""
    first, second = normalised(stable), normalised(candidate)
    words = max(len(first.split()), 1)
    if not first or not second:
        return len(first.split()) or len(second.split()), words
    found = jiwer.process_words(first, second)
    return int(found.substitutions + found.deletions + found.insertions), words


def share(differences: int, words: int) -> float:
    """An utterance's disagreement, from 0 to 1: what was made up counts no more than what was missed."""
    return min(differences / words, 1.0)


def bound_share(shares: Floats, alphas: Alphas) -> Bounds | None:
    """Bound the mean disagreement of an utterance from those seen, in their order; None where none was."""
    if len(shares) == 0:
        return None
    flat = np.ones_like(shares)
    lower = largest_refused(lambda mean: refused(shares, mean * flat, alphas.fail), 0.0, 1.0)
    upper = -largest_refused(lambda negated: refused(-shares, negated * flat, alphas.passing), -1.0, 0.0)
    return Bounds(lower, float(shares.mean()), max(lower, upper))
