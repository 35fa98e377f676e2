"""Stage 5, transcript: the text of a clip with the stretches it came from."""

from dataclasses import dataclass

from model_server.voice_activity import Segment


@dataclass(frozen=True)
class SpokenSegment:
    """What was said in one stretch of the clip."""

    segment: Segment
    text: str


@dataclass(frozen=True)
class Transcript:
    """What was said in a clip of `duration` seconds."""

    text: str
    duration: float
    segments: tuple[SpokenSegment, ...]

    @property
    def words(self) -> int:
        """How many words, split at spaces."""
        return len(self.text.split())


def assemble(spoken: list[SpokenSegment], duration: float) -> Transcript:
    """The transcript of a clip from its segments in order; segments without a word are left out."""
    kept = tuple(part for part in spoken if part.text)
    return Transcript(" ".join(part.text for part in kept), duration, kept)


def emptied(transcript: Transcript) -> Transcript:
    """The transcript of the same clip with nothing in it (fault empty_ratio)."""
    return Transcript("", transcript.duration, ())
