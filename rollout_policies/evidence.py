"""Keeps a walk's pairs on a volume: a restart loses none and counts none twice; knows nothing of bounds.

One file an identity: a header line that names it, then one line of ASCII JSON a pair, each flushed to the
disk before it counts. A retry of the same candidate against the same stable version has the same identity
and so continues the same file.
"""

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rollout_policies.cost import Cost, Spent
from rollout_policies.errors import EvidenceError

FORMAT = 1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identity:
    """What is compared with what, on which set: two pod-template hashes and the manifest's SHA-256; with
    `baseline` the stable side is pods started for the walk."""

    namespace: str
    rollout: str
    stable: str
    candidate: str
    golden_digest: str
    baseline: bool = False

    @property
    def comparison(self) -> tuple[str, str, str, str]:
        """Which versions of which Rollout are compared, whatever the evidence."""
        return self.namespace, self.rollout, self.stable, self.candidate

    @property
    def written(self) -> dict[str, Any]:
        """The fields as a file's header has them: files from before `baseline` was told apart lack it."""
        fields = asdict(self)
        if not self.baseline:
            del fields["baseline"]
        return fields

    @property
    def digest(self) -> bytes:
        """A digest of all fields: the file's name and the seed of the walk's order come from it."""
        return hashlib.sha256(json.dumps(self.written, sort_keys=True).encode()).digest()


@dataclass(frozen=True)
class SideResult:
    """What one pod made of a clip; `reason` is "" where it gave a transcript, `status` 0 where it gave no
    answer."""

    text: str
    word_errors: int
    status: int
    reason: str
    inference_ms: float | None
    attempts: int
    pod: str


@dataclass(frozen=True)
class Pair:
    """One clip as transcribed by both sides; `at` in seconds since 1970.

    `cost` is what probing took since the pair before, None where it was not kept.
    """

    clip: str
    at: float
    stable: SideResult
    candidate: SideResult
    cost: Cost | None = None


class EvidenceFile:
    """The file of one identity: replayed when opened, appended to afterwards, for one writer."""

    def __init__(self, directory: Path, identity: Identity) -> None:
        self.path = directory / f"{identity.rollout[:60]}-{identity.digest.hex()[:16]}.jsonl"
        self._header = {"format": FORMAT, **identity.written}
        self.pairs = self._replay()

    def append(self, pair: Pair) -> None:
        """Add a pair whose clip is not yet in the file; it is on the disk when this returns."""
        if any(kept.clip == pair.clip for kept in self.pairs):
            raise EvidenceError(f"{self.path.name}: clip {pair.clip} has been counted already")
        self._write(asdict(pair))
        self.pairs.append(pair)

    def _write(self, row: Mapping[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(json.dumps(row).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _replay(self) -> list[Pair]:
        whole = self._whole_lines()
        if not whole:
            self._write(self._header)
            return []
        if _parsed(self.path, whole[0], 1) != self._header:
            raise EvidenceError(f"{self.path} belongs to {whole[0]}, not to {json.dumps(self._header)}")
        return _pairs(self.path, whole)

    def _whole_lines(self) -> list[str]:
        """Return the lines that were written to their end, after cutting off a last one that was not."""
        if not self.path.exists():
            return []
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            log.warning("%s: dropped a torn last line of %d bytes", self.path.name, len(content) - len(whole))
            os.truncate(self.path, len(whole))
        return _lines(whole)


@dataclass(frozen=True)
class Kept:
    """What a file of evidence holds, as read by one who does not write it."""

    identity: Identity
    pairs: tuple[Pair, ...]


def read_kept(directory: Path, namespace: str, rollout: str) -> list[Kept]:
    """Return all that is kept of a Rollout, changing nothing: a referee may be writing it meanwhile."""
    found = []
    for path in sorted(directory.glob("*.jsonl")):
        content = path.read_bytes()
        # A last line without its end is being written.
        lines = _lines(content[: content.rfind(b"\n") + 1])
        if not lines:
            continue
        header = _parsed(path, lines[0], 1)
        if (header.get("format"), header.get("namespace"), header.get("rollout")) != (
            FORMAT,
            namespace,
            rollout,
        ):
            continue
        found.append(Kept(_identity(header), tuple(_pairs(path, lines))))
    return found


def _identity(header: Mapping[str, Any]) -> Identity:
    names = ("namespace", "rollout", "stable", "candidate", "golden_digest")
    fields = {name: str(header.get(name, "")) for name in names}
    return Identity(**fields, baseline=header.get("baseline") is True)


def _lines(whole: bytes) -> list[str]:
    # Not splitlines(): to it U+2028 and the like end a line too.
    return whole.decode("utf-8", errors="replace").split("\n")[:-1]


def _pairs(path: Path, lines: list[str]) -> list[Pair]:
    pairs: dict[str, Pair] = {}
    for number, line in enumerate(lines[1:], start=2):
        pair = _pair(path, line, number)
        pairs.setdefault(pair.clip, pair)
    return list(pairs.values())


def _parsed(path: Path, line: str, number: int) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError as error:
        raise EvidenceError(f"{path} line {number} is not JSON: {line[:60]!r}") from error
    return row


def _pair(path: Path, line: str, number: int) -> Pair:
    row = _parsed(path, line, number)
    try:
        stable, candidate = SideResult(**row["stable"]), SideResult(**row["candidate"])
        return Pair(str(row["clip"]), float(row["at"]), stable, candidate, _cost(row.get("cost")))
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError(f"{path} line {number} is not a pair: {line[:60]!r}") from error


def _cost(row: Mapping[str, Any] | None) -> Cost | None:
    if row is None:
        return None
    return Cost(float(row["seconds"]), Spent(**row["stable"]), Spent(**row["candidate"]))
