"""Stage 5, transcript: the text of a clip with the stretches it came from."""

from collections.abc import Sequence
from dataclasses import dataclass

from model_server.voice_activity import Segment


@dataclass(frozen=True)
class Word:
    """A word and when it was said, in seconds from the clip's start."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class SpokenSegment:
    """What was said in one stretch of the clip; words only where the engine has their times."""

    segment: Segment
    text: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """What was said in a clip of `duration` seconds; confidence (0 to 1) where the engine has one."""

    text: str
    duration: float
    segments: tuple[SpokenSegment, ...]
    confidence: float | None = None

    @property
    def word_count(self) -> int:
        """How many words, split at spaces."""
        return len(self.text.split())


def assemble(spoken: Sequence[SpokenSegment], duration: float) -> Transcript:
    """The transcript of a clip from its segments in order; segments without a word are left out."""
    kept = tuple(part for part in spoken if part.text)
    return Transcript(" ".join(part.text for part in kept), duration, kept, _confidence(kept))


def _confidence(spoken: Sequence[SpokenSegment]) -> float | None:
    """The segments' confidences, averaged by the length of their texts."""
    known = [(part.confidence, len(part.text)) for part in spoken if part.confidence is not None]
    if not known:
        return None
    return sum(confidence * length for confidence, length in known) / sum(length for _, length in known)
