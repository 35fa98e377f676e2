"""Reads a golden set as it is, however bad, and measures its sounds; for those who look for what is wrong."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.findings import Finding
from rollout_policies.golden.loudness import clipped_ratio, loudness_lufs, silence_seconds
from rollout_policies.golden.manifest import MANIFEST, manifest_lines
from rollout_policies.golden.sound import read_sound
from rollout_policies.word_errors import normalised

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Measured:
    """What a clip's sound is like; loudness is None where it is silent throughout."""

    file_sha256: str
    samples_digest: str
    seconds: float
    sample_rate: int
    channels: int
    bits: int
    peak: float
    loudness_lufs: float | None
    lead_seconds: float
    trail_seconds: float
    clipped_ratio: float

    @property
    def speech_seconds(self) -> float:
        """The duration without the silence before and after, in seconds."""
        return max(0.0, self.seconds - self.lead_seconds - self.trail_seconds)


@dataclass(frozen=True)
class Row:
    """A line of the manifest: its fields, its label as written and as counted, its sound if readable."""

    line: int
    name: str
    text: str
    counted: str
    fields: dict[str, Any]
    sound: Measured | None

    @property
    def words(self) -> int:
        """The number of words that count."""
        return len(self.counted.split())


def read_rows(
    directory: Path, progress: Progress = lambda _done, _of: None
) -> tuple[list[Row], list[Finding]]:
    """Return the usable lines of a set, and a finding for each other; GoldenSetError without a manifest."""
    path = directory / MANIFEST
    try:
        lines = manifest_lines(path.read_bytes())
    except OSError as error:
        raise GoldenSetError(f"cannot read {path}: {error.strerror}") from error
    rows: list[Row] = []
    findings: list[Finding] = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(_row(directory, number, line))
        except GoldenSetError as error:
            findings.append(Finding("error", "manifest", "", f"line {number}: {error}"))
            continue
        findings += _sound_findings(directory, rows[-1])
        progress(number, len(lines))
    return rows, findings


def clip_path(directory: Path, name: str) -> Path:
    """Return a clip's file; GoldenSetError for a name that leads out of the set."""
    path = directory / name
    if not name.isprintable() or not path.resolve().is_relative_to(directory.resolve()):
        raise GoldenSetError(f"audio_filepath must stay inside the set, not {name!r}")
    return path


def _row(directory: Path, number: int, line: str) -> Row:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GoldenSetError(f"not JSON: {line[:60]!r}") from error
    name, text = (fields.get(key) if isinstance(fields, dict) else None for key in ("audio_filepath", "text"))
    if not isinstance(name, str) or not name or not isinstance(text, str):
        raise GoldenSetError(f"needs the texts audio_filepath and text, not {line[:60]!r}")
    path = clip_path(directory, name)
    return Row(number, name, text, normalised(text), fields, _measured(path))


def _measured(path: Path) -> Measured | None:
    try:
        content = path.read_bytes()
        sound = read_sound(content)
    except (OSError, GoldenSetError):
        return None
    lead, trail = silence_seconds(sound)
    return Measured(
        file_sha256=hashlib.sha256(content).hexdigest(),
        samples_digest=sound.digest,
        seconds=sound.seconds,
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        bits=sound.bits,
        peak=float(np.abs(sound.samples).max()),
        loudness_lufs=loudness_lufs(sound),
        lead_seconds=lead,
        trail_seconds=trail,
        clipped_ratio=clipped_ratio(sound),
    )


def _sound_findings(directory: Path, row: Row) -> list[Finding]:
    """Say why a clip has no sound; it is read once more only then."""
    if row.sound is not None:
        return []
    try:
        read_sound(clip_path(directory, row.name).read_bytes())
    except OSError as error:
        return [Finding("error", "audio", row.name, f"cannot be read: {error.strerror}")]
    except GoldenSetError as error:
        return [Finding("error", "audio", row.name, str(error))]
    return []
