"""Reads a golden set and refuses a bad one by line; knows nothing of rollouts, of assembling or of models.

A set is a directory with `manifest.jsonl` (NeMo style, one clip a line: audio_filepath, duration in
seconds, text, label_source, speaker, source, sha256, words) and the audio it names.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout_policies.errors import GoldenSetError
from rollout_policies.word_errors import normalised

MANIFEST = "manifest.jsonl"
LONGEST_SECONDS = 1e6  # eleven days: no clip lasts that


@dataclass(frozen=True)
class Clip:
    """A labelled clip: its name in the set, its file, and its label's words as they are counted."""

    name: str
    path: Path
    reference: str
    duration_seconds: float

    @property
    def words(self) -> int:
        """The number of words that count, at least 1."""
        return len(self.reference.split())


@dataclass(frozen=True)
class GoldenSet:
    """Labelled clips under a name, and the SHA-256 of the manifest that lists and digests them all."""

    name: str
    digest: str
    clips: tuple[Clip, ...]

    @property
    def words(self) -> int:
        """The number of words of the whole set."""
        return sum(clip.words for clip in self.clips)


def read_golden_set(name: str, directory: Path) -> GoldenSet:
    """Return the set in a directory after checking every line and every clip's SHA-256."""
    path = directory / MANIFEST
    try:
        manifest = path.read_bytes()
    except OSError as error:
        raise GoldenSetError(f"golden set {name!r}: cannot read {path}: {error.strerror}") from error
    clips: dict[str, Clip] = {}
    for number, line in enumerate(manifest_lines(manifest), start=1):
        try:
            clip = _clip(line, directory)
            if clip.name in clips:
                raise GoldenSetError(f"{clip.name} is listed twice; a clip counts once")
        except GoldenSetError as error:
            raise GoldenSetError(f"golden set {name!r}: {path} line {number}: {error}") from error
        clips[clip.name] = clip
    if not clips:
        raise GoldenSetError(f"golden set {name!r}: {path} lists no clip")
    return GoldenSet(name, hashlib.sha256(manifest).hexdigest(), tuple(clips.values()))


def manifest_lines(manifest: bytes) -> list[str]:
    """Return the lines of a manifest; what is no UTF-8 is replaced."""
    # Not splitlines(): to it U+2028 and the like end a line too.
    return manifest.decode("utf-8", errors="replace").removesuffix("\n").split("\n") if manifest else []


def _clip(line: str, directory: Path) -> Clip:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GoldenSetError(f"not JSON: {line[:60]!r}") from error
    if not isinstance(row, dict):
        raise GoldenSetError(f"must be a JSON object, not {line[:60]!r}")
    name, text, digest = (_string(row, key) for key in ("audio_filepath", "text", "sha256"))
    duration = row.get("duration")
    if not isinstance(duration, int | float) or not 0 < duration < LONGEST_SECONDS:
        raise GoldenSetError(f"duration must be seconds above 0, not {duration!r:.60}")
    reference = normalised(text)
    if not reference:
        raise GoldenSetError(f"text {text!r} holds no word that counts")
    return Clip(name, _checked_audio(directory, name, digest), reference, float(duration))


def _string(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise GoldenSetError(f"{key} must be a string with something in it, not {value!r}")
    return value


def _checked_audio(directory: Path, name: str, digest: str) -> Path:
    path = directory / name
    # A NUL, or half a character, is in no file's name.
    if not name.isprintable() or not path.resolve().is_relative_to(directory.resolve()):
        raise GoldenSetError(f"audio_filepath must stay inside the set, not {name!r:.100}")
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise GoldenSetError(f"cannot read {name}: {error.strerror}") from error
    if found != digest:
        raise GoldenSetError(f"{name} has SHA-256 {found}, the manifest says {digest}")
    return path
