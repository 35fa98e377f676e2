"""What the server and an engine process say to each other: JSON texts, and memory files beside them.

JSON and not pickle: an engine process decodes untrusted bytes, and must not own the server if they own it.
Pure conversions; knows nothing of sockets.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from model_server import errors
from model_server.audio import Clip
from model_server.content import Content
from model_server.engines.engine import Hypothesis
from model_server.errors import InternalError, RefusedError
from model_server.pipeline import Figures
from model_server.quality import InputQuality
from model_server.transcript import SpokenSegment, Word
from model_server.voice_activity import Segment

LOADED, FAILED, CANCEL, END = "loaded", "failed", "cancel", "end"


@dataclass(frozen=True)
class Job:
    """The clips of one request; `partials` asks for the text as it grows, `alone` for no shared steps."""

    number: int
    request_id: str
    faulty: bool
    partials: bool
    alone: bool
    clips: Sequence[Clip]


@dataclass(frozen=True)
class Partial:
    """The text so far of the stretch in work."""

    clip: int
    text: str


@dataclass(frozen=True)
class Heard:
    """A stretch that is done."""

    clip: int
    segment: SpokenSegment


@dataclass(frozen=True)
class Done:
    """A clip that is done."""

    clip: int
    figures: Figures


Progress = Partial | Heard | Done


def write_job(job: Job) -> tuple[bytes, list[int]]:
    """The text of a job and the descriptors of the memory files it speaks of."""
    descriptors = list(dict.fromkeys(clip.content.descriptor for clip in job.clips))
    clips = [
        {
            "file": descriptors.index(clip.content.descriptor),
            "offset": clip.content.offset,
            "size": clip.content.size,
            "encoding": clip.encoding,
            "sample_rate": clip.sample_rate,
            "channels": clip.channels,
            "frames": clip.frames,
        }
        for clip in job.clips
    ]
    about = {
        "job": job.number,
        "request_id": job.request_id,
        "faulty": job.faulty,
        "partials": job.partials,
        "alone": job.alone,
    }
    return json.dumps({**about, "clips": clips}).encode(), descriptors


def read_job(text: bytes, contents: Sequence[Content]) -> Job:
    """The job of a text; `contents` hold the memory files from their starts."""
    data = json.loads(text)
    clips = [
        Clip(
            contents[clip["file"]].part(clip["offset"], clip["size"]),
            *(clip["encoding"], clip["sample_rate"], clip["channels"], clip["frames"]),
        )
        for clip in data["clips"]
    ]
    return Job(data["job"], data["request_id"], data["faulty"], data["partials"], data["alone"], clips)


def write_step(job: int, clip: int, step: Hypothesis | SpokenSegment | Figures) -> bytes:
    """The text of what a recogniser came to."""
    about: dict[str, Any] = {"job": job, "clip": clip}
    if isinstance(step, SpokenSegment):
        return _text({**about, "heard": asdict(step)})
    if isinstance(step, Figures):
        return _text({**about, "done": asdict(step)})
    return _text({**about, "partial": step.text})


def read_message(text: bytes) -> dict[str, Any]:
    """What an engine process says; an InternalError where it is no message."""
    with _understood():
        message = json.loads(text)
        if not isinstance(message, dict):
            raise TypeError(f"a message must be an object, not {type(message).__name__}")
    return message


def read_step(data: dict[str, Any]) -> Progress:
    """What a recogniser came to, from a message; an InternalError where that is nothing."""
    with _understood():
        return _step(data)


def _step(data: dict[str, Any]) -> Progress:
    clip = int(data["clip"])
    if "partial" in data:
        return Partial(clip, str(data["partial"]))
    if "heard" in data:
        return Heard(clip, _segment(data["heard"]))
    quality = data["done"]["quality"]
    return Done(
        clip,
        Figures(
            float(data["done"]["duration"]),
            None if quality is None else InputQuality(**quality),
            {str(stage): float(seconds) for stage, seconds in data["done"]["stage_seconds"].items()},
        ),
    )


def write_refusal(job: int, error: RefusedError) -> bytes:
    """The text of a job that ended in a refusal."""
    return _text({"job": job, END: type(error).__name__, "sentence": error.sentence})


def read_refusal(data: dict[str, Any]) -> RefusedError | None:
    """The error of a job's end, None where it ended well; raises an InternalError where it is none."""
    if data[END] is None:
        return None
    kinds = {kind.__name__: kind for kind in errors.REFUSALS}
    with _understood():
        return kinds[data[END]](str(data["sentence"]))


def write(**fields: object) -> bytes:
    """The text of a message that is all data."""
    return _text(fields)


@contextmanager
def _understood() -> Iterator[None]:
    """An engine process decodes untrusted bytes; if they own it, what it says is untrusted too."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise InternalError("an engine process said what is no answer; another takes its place") from error


def _text(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode()


def _segment(data: dict[str, Any]) -> SpokenSegment:
    return SpokenSegment(
        Segment(**data["segment"]),
        str(data["text"]),
        data["confidence"],
        tuple(Word(**word) for word in data["words"]),
    )
