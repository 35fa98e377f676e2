"""Reads two files of transcripts and pairs them clip by clip; knows nothing of margins or of who transcribed.

One JSON object a line: `clip`, and `text` or the `reason` why there is none; `inference_ms` where it was
measured; in the stable file `reference`, the label, where no golden set is given.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout_policies.errors import ResultError
from rollout_policies.evidence import Identity, Pair, SideResult
from rollout_policies.golden.manifest import Clip, GoldenSet
from rollout_policies.walk import walk_order, walk_times
from rollout_policies.word_errors import count_word_errors, normalised

# An hour of speech is some 60 kB of text; a set of 100,000 clips with two sentences each some 20 MB.
LONGEST_LINE_BYTES = 200_000
LARGEST_FILE_BYTES = 200_000_000
LONGEST_MILLISECONDS = 1e9  # eleven days: no inference takes that
MISSING = "not in the file"


@dataclass(frozen=True)
class Result:
    """What a file says of one clip; `reason` is "" where it gives a text."""

    text: str
    reason: str
    inference_ms: float | None
    reference: str


@dataclass(frozen=True)
class ResultFile:
    """A file's results by clip, and the SHA-256 of its bytes."""

    name: str
    digest: str
    results: Mapping[str, Result]


def read_results(path: Path) -> ResultFile:
    """Return a file's results; raises ResultError where it cannot be read, or a line cannot be used or names
    a clip again."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST_FILE_BYTES else b""
    except OSError as error:
        raise ResultError(f"cannot read {path}: {error.strerror}") from error
    if size > LARGEST_FILE_BYTES:
        raise ResultError(f"{path} has {size} bytes, more than {LARGEST_FILE_BYTES}")
    results: dict[str, Result] = {}
    # Not splitlines(): to it U+2028 and the like end a line too.
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            clip, result = _result(line)
            if clip in results:
                raise ResultError(f"clip {clip!r} is listed twice; a clip counts once")
        except ResultError as error:
            raise ResultError(f"{path} line {number}: {error}") from error
        results[clip] = result
    if not results:
        raise ResultError(f"{path} has no result")
    return ResultFile(path.name, hashlib.sha256(content).hexdigest(), results)


def _result(line: bytes) -> tuple[str, Result]:
    if len(line) > LONGEST_LINE_BYTES:
        raise ResultError(f"has {len(line)} bytes, more than {LONGEST_LINE_BYTES}")
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ResultError(f"not JSON: {line[:60]!r}") from error
    if not isinstance(row, dict) or not isinstance(row.get("clip"), str) or not row["clip"]:
        raise ResultError(f"must be a JSON object with a clip, not {line[:60]!r}")
    text, reason, reference = (_string(row, key) for key in ("text", "reason", "reference"))
    if text is None and not reason:
        raise ResultError(f"clip {row['clip']!r} has neither a text nor a reason why there is none")
    return row["clip"], Result(
        "" if reason else text or "", reason or "", _milliseconds(row), reference or ""
    )


def _string(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise ResultError(f"{key} must be a string, not {value!r:.60}")
    return value


def _milliseconds(row: dict[str, Any]) -> float | None:
    value = row.get("inference_ms")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LONGEST_MILLISECONDS:
        raise ResultError(
            f"inference_ms must be milliseconds above 0 and below {LONGEST_MILLISECONDS:g}, not {value!r:.60}"
        )
    return float(value)


def labels_within(stable: ResultFile) -> GoldenSet:
    """Return the set that a stable file's own labels make; every line needs one."""
    clips = []
    for name, result in stable.results.items():
        reference = normalised(result.reference)
        if not reference:
            raise ResultError(
                f"{stable.name}: clip {name!r} has no reference with a word that counts; "
                "label every line or give --golden"
            )
        clips.append(Clip(name, Path(name), reference, 0.0))
    labels = json.dumps([(clip.name, clip.reference) for clip in clips]).encode()
    return GoldenSet(stable.name, hashlib.sha256(labels).hexdigest(), tuple(clips))


@dataclass(frozen=True)
class Paired:
    """The pairs in draw order, up to the first clip that stable gives nothing for; those clips, and the clips
    that the candidate gives nothing for; `times` are those of the draw, by clip."""

    pairs: Sequence[Pair]
    times: Mapping[str, float]
    without_stable: tuple[str, ...]
    without_candidate: tuple[str, ...]


def pair_results(golden: GoldenSet, stable: ResultFile, candidate: ResultFile) -> Paired:
    """Pair two files as the referee pairs two pods.

    A clip for which the candidate gives nothing has every word wrong. Where stable gives nothing there is
    nothing to compare with, and a walk would hold there, so what was drawn after it does not count: to leave
    clips out would make the rest a choice instead of a draw.
    """
    known = {clip.name for clip in golden.clips}
    for file in (stable, candidate):
        unknown = sorted(file.results.keys() - known)
        if unknown:
            raise ResultError(f"{file.name}: {_named(unknown)} not in the set {golden.name!r}")
    identity = Identity("", "", stable.digest, candidate.digest, golden.digest)
    order = walk_order(golden, identity)
    without_stable = tuple(clip.name for clip in order if _gave_nothing(stable.results.get(clip.name)))
    held_at = next(
        (n for n, clip in enumerate(order) if _gave_nothing(stable.results.get(clip.name))), len(order)
    )
    return Paired(
        [
            Pair(clip.name, 0.0, _side(clip, stable.results), _side(clip, candidate.results))
            for clip in order[:held_at]
        ],
        walk_times(golden, identity),
        without_stable,
        tuple(clip.name for clip in order if _gave_nothing(candidate.results.get(clip.name))),
    )


def _gave_nothing(result: Result | None) -> bool:
    return result is None or bool(result.reason)


def _side(clip: Clip, results: Mapping[str, Result]) -> SideResult:
    result = results.get(clip.name, Result("", MISSING, None, ""))
    return SideResult(
        text=result.text,
        word_errors=clip.words if result.reason else count_word_errors(clip.reference, result.text),
        status=0,
        reason=result.reason,
        inference_ms=None if result.reason else result.inference_ms,
        attempts=1,
        pod="",
    )


def _named(clips: Sequence[str]) -> str:
    first = ", ".join(repr(clip)[:80] for clip in clips[:3])
    return f"{first} is" if len(clips) == 1 else f"{len(clips)} clips ({first}, ...) are"
