"""Transcripts as subtitles: SubRip and WebVTT. Pure."""

from collections.abc import Sequence

from model_server.transcript import SpokenSegment


def srt(segments: Sequence[SpokenSegment]) -> str:
    """SubRip: numbered cues with commas before the milliseconds."""
    return "".join(
        f"{number}\n{_cue(part, ',')}\n{_one_line(part.text)}\n\n"
        for number, part in enumerate(segments, start=1)
    )


def vtt(segments: Sequence[SpokenSegment]) -> str:
    """WebVTT (W3C Candidate Recommendation, 2019), where `&` begins an entity and `<` a tag."""
    return "WEBVTT\n\n" + "".join(
        f"{_cue(part, '.')}\n{_one_line(part.text).replace('&', '&amp;').replace('<', '&lt;')}\n\n"
        for part in segments
    )


def _cue(part: SpokenSegment, mark: str) -> str:
    return f"{_time(part.segment.start, mark)} --> {_time(part.segment.end, mark)}"


def _time(seconds: float, mark: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{mark}{milliseconds:03d}"


def _one_line(text: str) -> str:
    # An empty line would end the cue, and `-->` begin another.
    return " ".join(text.split()).replace("-->", "\N{RIGHTWARDS ARROW}")
