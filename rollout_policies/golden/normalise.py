"""Writes a golden set anew with what can safely be fixed; never touches its input, never guesses a label.

Labels get composed characters, plain quotes and single spaces; of clips with the same samples and the same
words one stays; duration, words and sha256 are counted anew; where asked, loudness is brought to one level.
What would need a guess (one sound with two labels, a spelling, a cut-off clip) is left to a person.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.findings import Finding
from rollout_policies.golden.labels import tidied
from rollout_policies.golden.loudness import loudness_lufs
from rollout_policies.golden.manifest import MANIFEST
from rollout_policies.golden.rows import Row, clip_path, read_rows
from rollout_policies.golden.sound import read_sound, wav
from rollout_policies.word_errors import normalised

# A gain stops where the loudest sample would come nearer than 1 dB to full scale.
HIGHEST_PEAK = 10 ** (-1 / 20)
# Nearer to the level asked for than this is near enough: a clip's bytes then stay as they are, so that
# normalising twice changes nothing.
NEAR_LU = 0.1
CHANGES = "CHANGES.txt"


@dataclass(frozen=True)
class Change:
    """What was done to a clip."""

    clip: str
    what: str


def normalise(directory: Path, out: Path, loudness: float | None) -> list[Change]:
    """Write the set into `out`, which must be new or empty, and return what was changed.

    `loudness` in LUFS, None to leave it. GoldenSetError for a line that cannot be read and for a bad `out`.
    """
    check_out(directory, out)
    rows, findings = read_rows(directory)
    _check_readable(rows, findings)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        stage = Path(scratch) / "set"
        stage.mkdir()
        changes = _write(directory, rows, stage, loudness)
        if out.exists():
            out.rmdir()
        stage.replace(out)
    return changes


def check_out(directory: Path, out: Path) -> None:
    """Raise GoldenSetError unless `out` is new or empty and lies outside of the input."""
    inside = out.resolve() == directory.resolve() or out.resolve().is_relative_to(directory.resolve())
    if inside or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise GoldenSetError(f"--out must be a new or empty directory outside of {directory}, not {out}")


def _check_readable(rows: Sequence[Row], findings: Sequence[Finding]) -> None:
    names = [row.name for row in rows]
    twice = [name for name in names if names.count(name) > 1]
    said = [f"{f.clip or 'the manifest'}: {f.message}" for f in findings]
    said += [f"{name} is listed twice" for name in twice[:1]]
    said += [f"{row.name}: text {row.text!r} holds no word that counts" for row in rows if not row.counted]
    if said or not rows:
        raise GoldenSetError(f"cannot be normalised: {said[0] if said else 'it lists no clip'}")


def _write(directory: Path, rows: Sequence[Row], stage: Path, loudness: float | None) -> list[Change]:
    changes: list[Change] = []
    lines: list[str] = []
    kept: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row.sound.samples_digest if row.sound else "", row.counted)
        if key in kept:
            changes.append(Change(row.name, f"dropped: the same sound and words as {kept[key]}"))
            continue
        kept[key] = row.name
        content, gain = levelled(clip_path(directory, row.name).read_bytes(), loudness)
        target = stage / row.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        fields = renewed(row, content)
        if gain:
            changes.append(Change(row.name, f"loudness changed by {gain:+.1f} dB; 16 bits"))
        changes += [Change(row.name, what) for what in _differences(row.fields, fields)]
        lines.append(json.dumps(fields, ensure_ascii=False))
    (stage / MANIFEST).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    _copy_the_rest(directory, stage)
    written = "".join(f"{change.clip}: {change.what}\n" for change in changes) or "nothing\n"
    with (stage / CHANGES).open("a", encoding="utf-8") as file:
        file.write(f"Changed by `python -m rollout_policies golden normalise`:\n{written}")
    return changes


def renewed(row: Row, content: bytes) -> dict[str, object]:
    """Return a line's fields with the label tidied and what can be counted counted anew."""
    text, sound = tidied(row.text), read_sound(content)
    counted = {
        "duration": round(sound.seconds, 3),
        "text": text,
        "sha256": hashlib.sha256(content).hexdigest(),
        "words": len(normalised(text).split()),
    }
    return {**row.fields, **counted}


def _differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    return [
        f"{name} {before.get(name)!r} is now {value!r}"
        for name, value in after.items()
        if before.get(name) != value
    ]


def levelled(content: bytes, loudness: float | None) -> tuple[bytes, float]:
    """Return a WAV file brought to a loudness in LUFS, and the gain in dB: 0 where its bytes are as before.

    Where the peak leaves no room the gain is smaller than asked; nothing is ever limited or clipped.
    """
    if loudness is None:
        return content, 0.0
    sound = read_sound(content)
    level = loudness_lufs(sound)
    if level is None:
        return content, 0.0
    peak = float(np.abs(sound.samples).max())
    gain = min(loudness - level, 20 * np.log10(HIGHEST_PEAK / peak))
    if abs(gain) < NEAR_LU:
        return content, 0.0
    return wav(replace(sound, samples=sound.samples * 10 ** (gain / 20))), float(gain)


def _copy_the_rest(directory: Path, stage: Path) -> None:
    """Copy what lies beside the manifest (the licence, say), so that a set stays whole."""
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.name != MANIFEST and not (stage / path.name).exists():
            shutil.copyfile(path, stage / path.name)
