"""model.yaml: what a model's folder says of itself, and whether that is true; knows nothing of engines.

model.schema.json is its reference: every field, its range and what it means.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from model_server.artefact.pickles import HEAD_BYTES, content_complaint, suffix_complaint
from model_server.artefact.schema import complaints
from model_server.errors import ArtefactError

MANIFEST = "model.yaml"
SCHEMA = Path(__file__).with_name("model.schema.json")
# Of 1000 files it is about half of this; more is no model.yaml.
MAX_MANIFEST_BYTES = 1 << 18
DIGEST_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What the engine can take at once."""

    max_segment_seconds: float
    max_tokens_per_second: float


@dataclass(frozen=True)
class SelfTest:
    """A clip of the folder and the words in it."""

    audio: str
    text: str


@dataclass(frozen=True)
class Calibration:
    """The logistic map from raw to calibrated confidence: 1 / (1 + exp(-(intercept + slope * raw)))."""

    intercept: float
    slope: float
    set_digest: str


@dataclass(frozen=True)
class Histogram:
    """Counts of a measure in buckets with these upper bounds; the last count is above every bound."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Artefact:
    """A model's folder as its model.yaml describes it; `digest` is the SHA-256 of that file."""

    folder: Path
    name: str
    version: str
    engine: str
    language: str
    licence: str
    sample_rate: int
    limits: Limits
    files: dict[str, str]
    self_test: SelfTest
    digest: str
    precision: str | None = None
    confidence: Calibration | None = None
    reference: dict[str, Histogram] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """One of its listed files."""
        if name not in self.files:
            raise ArtefactError(f"{MANIFEST} lists no file {name!r}; files: {', '.join(self.files)}")
        return self.folder / name


def read_manifest(folder: Path) -> Artefact:
    """The artefact in `folder` as its model.yaml tells it; the files are not looked at."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise ArtefactError(f"no model in {folder}: {MANIFEST}: {error.strerror}") from error
    if len(content) > MAX_MANIFEST_BYTES:
        raise ArtefactError(f"{path} must be at most {MAX_MANIFEST_BYTES} bytes")
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ArtefactError(f"{path} is not YAML: {error}") from error
    for complaint in manifest_complaints(document):
        raise ArtefactError(f"{path} is not a {MANIFEST}: {complaint}")
    return _artefact(folder, document, hashlib.sha256(content).hexdigest())


def manifest_complaints(document: object) -> Iterator[str]:
    """What keeps a document from being a model.yaml, the schema first, then what no schema can say."""
    broken = list(complaints(document, json.loads(SCHEMA.read_text())))
    yield from broken
    if not broken and isinstance(document, dict):
        yield from _inner_complaints(document)


def verify(artefact: Artefact) -> None:
    """Every listed file is there, is no pickle and has the digest that model.yaml gives."""
    for name, expected in artefact.files.items():
        actual = checked_digest(artefact.folder, name)
        if actual != expected:
            raise ArtefactError(f"{artefact.folder / name} must have SHA-256 {expected}, not {actual}")


def checked_digest(folder: Path, name: str) -> str:
    """The SHA-256 of a file of the folder, in hex; an ArtefactError where it is unreadable or a pickle."""
    try:
        with (folder / name).open("rb") as file:
            head = chunk = file.read(DIGEST_CHUNK_BYTES)
            digest, size = hashlib.sha256(), 0
            while chunk:
                digest.update(chunk)
                size += len(chunk)
                chunk = file.read(DIGEST_CHUNK_BYTES)
    except OSError as error:
        raise ArtefactError(f"{folder / name}: {error.strerror}") from error
    complaint = content_complaint(name, head[:HEAD_BYTES], size)
    if complaint:
        raise ArtefactError(complaint)
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _inner_complaints(document: dict[str, Any]) -> Iterator[str]:
    names = [entry["path"] for entry in document["files"]]
    for index, name in enumerate(names):
        if not _within(name):
            yield f"files[{index}].path must stay within the folder, not be {name!r}"
        complaint = suffix_complaint(name)
        if complaint:
            yield complaint
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        yield f"files must have each path once, not {twice!r} twice"
    audio = document["self_test"]["audio"]
    if audio not in names:
        yield f"self_test.audio must be one of the files, not {audio!r}"
    for metric, histogram in document.get("reference", {}).items():
        bounds, counts = histogram["bounds"], histogram["counts"]
        if sorted(set(bounds)) != bounds or len(counts) != len(bounds) + 1:
            yield (
                f"reference.{metric} must have rising bounds and one count more than bounds, "
                f"not {len(bounds)} bounds and {len(counts)} counts"
            )


def _within(name: str) -> bool:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and str(path) == name
    return inside and name not in (".", MANIFEST) and name.isprintable() and "\\" not in name


def _artefact(folder: Path, data: dict[str, Any], digest: str) -> Artefact:
    limits, confidence = data["limits"], data.get("confidence")
    return Artefact(
        folder=folder,
        name=data["name"],
        version=data["version"],
        engine=data["engine"],
        language=data["language"],
        licence=data["licence"],
        sample_rate=data["sample_rate"],
        limits=Limits(float(limits["max_segment_seconds"]), float(limits["max_tokens_per_second"])),
        files={entry["path"]: entry["sha256"] for entry in data["files"]},
        self_test=SelfTest(**data["self_test"]),
        digest=digest,
        precision=data.get("precision"),
        confidence=Calibration(**confidence) if confidence else None,
        reference={
            metric: Histogram(tuple(histogram["bounds"]), tuple(histogram["counts"]))
            for metric, histogram in data.get("reference", {}).items()
        },
    )
