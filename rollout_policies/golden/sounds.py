"""Looks for sounds that cannot be right or differ from the rest of their set; knows nothing of spelling."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rollout_policies.golden.findings import Finding, Severity
from rollout_policies.golden.rows import Measured, Row


@dataclass(frozen=True)
class SoundLimits:
    """What is found fault with: seconds, LUFS and LU, share of samples, characters a second of speech."""

    duration_seconds: float = 0.02
    silence_seconds: float = 1.0
    quietest_lufs: float = -40.0
    apart_lu: float = 8.0
    clipped_ratio: float = 0.01
    # English is read at about 15 characters a second; a label far from that may not be its sound's.
    slowest: float = 4.0
    fastest: float = 26.0


def check_sounds(rows: Sequence[Row], limits: SoundLimits) -> list[Finding]:
    """Return what is wrong with the sounds, one by one and against the set's middle loudness."""
    known = [row.sound.loudness_lufs for row in rows if row.sound and row.sound.loudness_lufs is not None]
    middle = statistics.median(known) if known else None
    return [finding for row in rows if row.sound for finding in _of(row, row.sound, middle, limits)]


def _of(row: Row, sound: Measured, middle: float | None, limits: SoundLimits) -> Iterable[Finding]:
    yield from _against_manifest(row, sound, limits)
    yield from _level(row, sound, middle, limits)
    if sound.loudness_lufs is None:
        return
    for name, seconds in (("before", sound.lead_seconds), ("after", sound.trail_seconds)):
        if seconds > limits.silence_seconds:
            yield Finding("warning", "silence", row.name, f"{seconds:.2f} s of silence {name} the speech")
    rate = len(row.counted.replace(" ", "")) / max(sound.speech_seconds, 0.01)
    if row.counted and not limits.slowest <= rate <= limits.fastest:
        said = f"{rate:.1f} characters a second of speech: is {row.text!r} all that is said, and no more?"
        yield Finding("warning", "speech rate", row.name, said)


def _against_manifest(row: Row, sound: Measured, limits: SoundLimits) -> Iterable[Finding]:
    stated = row.fields.get("sha256")
    if stated != sound.file_sha256:
        yield Finding("error", "sha256", row.name, f"is {sound.file_sha256}, the manifest says {stated!r}")
    duration = row.fields.get("duration")
    if not isinstance(duration, int | float) or abs(duration - sound.seconds) > limits.duration_seconds:
        said = f"lasts {sound.seconds:.3f} s, the manifest says {duration!r}"
        yield Finding("error", "duration", row.name, said)


def _level(row: Row, sound: Measured, middle: float | None, limits: SoundLimits) -> Iterable[Finding]:
    if sound.loudness_lufs is None:
        yield Finding("error", "loudness", row.name, "is silent throughout")
    elif sound.loudness_lufs < limits.quietest_lufs:
        yield Finding("warning", "loudness", row.name, f"is very quiet: {sound.loudness_lufs:.1f} LUFS")
    elif middle is not None and abs(sound.loudness_lufs - middle) > limits.apart_lu:
        said = f"{sound.loudness_lufs:.1f} LUFS, the set's median is {middle:.1f}"
        yield Finding("warning", "loudness", row.name, said)
    if sound.clipped_ratio > 0:
        severity: Severity = "error" if sound.clipped_ratio > limits.clipped_ratio else "warning"
        yield Finding(severity, "clipping", row.name, f"{sound.clipped_ratio:.2%} of the samples are cut off")
    if sound.channels > 1:
        yield Finding("warning", "channels", row.name, f"has {sound.channels} channels: who speaks on which?")
