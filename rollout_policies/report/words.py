"""Aligns transcripts with their labels and picks the clips that a candidate makes worse; draws nothing.

Words are compared as they are counted: after the normaliser (`word_errors`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import jiwer

from rollout_policies.evidence import Pair, SideResult
from rollout_policies.golden.manifest import Clip
from rollout_policies.word_errors import normalised

# Of a transcript, this much is shown: what a predictor says may be without end.
MOST_CHARACTERS = 4000
MOST_WORDS = 400

Kind = Literal["same", "wrong", "extra", "missing"]


@dataclass(frozen=True)
class Word:
    """A word of a transcript, or one of the label's that is missing there."""

    text: str
    kind: Kind


@dataclass(frozen=True)
class Side:
    """What one side made of a clip; `reason` says why where it gave no transcript."""

    word_errors: int
    words: tuple[Word, ...]
    reason: str


@dataclass(frozen=True)
class Utterance:
    """A clip with its label and both transcripts."""

    clip: Clip
    stable: Side
    candidate: Side

    @property
    def worse_by(self) -> int:
        """The word errors that the candidate has more."""
        return self.candidate.word_errors - self.stable.word_errors


@dataclass(frozen=True)
class Tally:
    """How many clips the candidate made worse, made better, and left with as many word errors."""

    worse: int
    better: int
    same: int


def aligned(reference: str, said: str) -> tuple[Word, ...]:
    """Return the words of a raw transcript beside a normalised label, with those that are missing."""
    label, heard = reference.split(), normalised(said[:MOST_CHARACTERS]).split()[:MOST_WORDS]
    if not heard:
        return tuple(Word(word, "missing") for word in label)
    words: list[Word] = []
    for chunk in jiwer.process_words(" ".join(label), " ".join(heard)).alignments[0]:
        kind: Kind = "same" if chunk.type == "equal" else "extra" if chunk.type == "insert" else "wrong"
        if chunk.type == "delete":
            words += [Word(word, "missing") for word in label[chunk.ref_start_idx : chunk.ref_end_idx]]
        else:
            words += [Word(word, kind) for word in heard[chunk.hyp_start_idx : chunk.hyp_end_idx]]
    return tuple(words)


def side_by_side(stable: str, candidate: str) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return the words of two raw transcripts, each marked "extra" where the other has no such word there."""
    sides = [
        " ".join(normalised(said[:MOST_CHARACTERS]).split()[:MOST_WORDS]) for said in (stable, candidate)
    ]
    return _own(sides[1], sides[0]), _own(sides[0], sides[1])


def _own(other: str, said: str) -> tuple[Word, ...]:
    if not other:
        return tuple(Word(word, "extra") for word in said.split())
    own = (word for word in aligned(other, said) if word.kind != "missing")
    return tuple(Word(word.text, "same" if word.kind == "same" else "extra") for word in own)


def tally(pairs: Sequence[Pair]) -> Tally:
    """Count the clips by what the candidate changed."""
    changes = [pair.candidate.word_errors - pair.stable.word_errors for pair in pairs]
    worse, better = sum(c > 0 for c in changes), sum(c < 0 for c in changes)
    return Tally(worse, better, len(changes) - worse - better)


def worst(clips: Mapping[str, Clip], pairs: Sequence[Pair], most: int = 20) -> list[Utterance]:
    """Return the clips that the candidate makes worse, the most word errors more first."""
    gone_worse = [pair for pair in pairs if pair.candidate.word_errors > pair.stable.word_errors]
    gone_worse.sort(key=lambda pair: (pair.stable.word_errors - pair.candidate.word_errors, pair.clip))
    return [_utterance(clips[pair.clip], pair) for pair in gone_worse[:most]]


def _utterance(clip: Clip, pair: Pair) -> Utterance:
    return Utterance(clip, _side(clip, pair.stable), _side(clip, pair.candidate))


def _side(clip: Clip, result: SideResult) -> Side:
    words = () if result.reason else aligned(clip.reference, result.text)
    return Side(result.word_errors, words, result.reason)
