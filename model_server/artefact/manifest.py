"""model.yaml: what a model's folder says of itself, and whether that is true; knows nothing of engines."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from model_server.errors import ArtefactError

MANIFEST = "model.yaml"


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
class Artefact:
    """A model's folder as its model.yaml describes it; `digest` is the SHA-256 of that file."""

    folder: Path
    name: str
    version: str
    engine: str
    language: str
    sample_rate: int
    limits: Limits
    files: dict[str, str]
    self_test: SelfTest
    digest: str

    def path(self, name: str) -> Path:
        """One of its listed files."""
        if name not in self.files:
            raise ArtefactError(f"{MANIFEST} lists no file {name!r}; files: {', '.join(self.files)}")
        return self.folder / name


def read_manifest(folder: Path) -> Artefact:
    """The artefact in `folder` as its model.yaml tells it; the files are not looked at."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"no model in {folder}: {MANIFEST}: {error.strerror}") from error
    try:
        return _artefact(folder, yaml.safe_load(content), hashlib.sha256(content).hexdigest())
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ArtefactError(f"{path} is not a model.yaml: {type(error).__name__}: {error}") from error


def verify(artefact: Artefact) -> None:
    """Every listed file is there and has the digest that model.yaml gives."""
    for name, expected in artefact.files.items():
        try:
            actual = file_digest(artefact.folder / name)
        except OSError as error:
            raise ArtefactError(f"{artefact.folder / name}: {error.strerror}") from error
        if actual != expected:
            raise ArtefactError(f"{artefact.folder / name} must have SHA-256 {expected}, not {actual}")


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _artefact(folder: Path, data: dict[str, Any], digest: str) -> Artefact:
    files = {str(entry["path"]): str(entry["sha256"]) for entry in data["files"]}
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"a file's path must stay within the folder, not {name!r}")
    self_test = SelfTest(str(data["self_test"]["audio"]), str(data["self_test"]["text"]))
    if self_test.audio not in files:
        raise ValueError(f"self_test.audio must be one of the files, not {self_test.audio!r}")
    return Artefact(
        folder=folder,
        name=str(data["name"]),
        version=str(data["version"]),
        engine=str(data["engine"]),
        language=str(data["language"]),
        sample_rate=int(data["sample_rate"]),
        limits=Limits(
            float(data["limits"]["max_segment_seconds"]), float(data["limits"]["max_tokens_per_second"])
        ),
        files=files,
        self_test=self_test,
        digest=digest,
    )
