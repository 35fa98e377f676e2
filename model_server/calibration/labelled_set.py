"""A labelled set of clips: NeMo's manifest.jsonl beside the audio; audio_filepath and text are read."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from model_server.errors import ModelServerError

MANIFEST = "manifest.jsonl"


class LabelledSetError(ModelServerError):
    """A folder that is no labelled set."""


@dataclass(frozen=True)
class LabelledClip:
    """A sound file and the words in it."""

    path: Path
    text: str


def read_set(folder: Path) -> list[LabelledClip]:
    """The set's clips in order."""
    try:
        lines = (folder / MANIFEST).read_text().splitlines()
    except OSError as error:
        raise LabelledSetError(f"no labelled set in {folder}: {MANIFEST}: {error.strerror}") from error
    clips = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            clips.append(LabelledClip(folder / entry["audio_filepath"], str(entry["text"])))
        except (ValueError, KeyError, TypeError) as error:
            raise LabelledSetError(
                f"{folder / MANIFEST}, line {number}: {type(error).__name__}: {error}"
            ) from error
    if not clips:
        raise LabelledSetError(f"{folder / MANIFEST} has no clips")
    return clips


def set_digest(folder: Path) -> str:
    """The SHA-256 of the set's manifest."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
