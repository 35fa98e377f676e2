"""Writes the model.yaml of a folder of files: their digests, and what the maker says of the model.

The folder is then what any engine of that kind loads; nothing is copied, moved or downloaded here.
"""

from pathlib import Path
from typing import Any

import yaml

from model_server.artefact.manifest import (
    MANIFEST,
    Artefact,
    checked_digest,
    manifest_complaints,
    read_manifest,
)
from model_server.errors import ArtefactError


def build(folder: Path, about: dict[str, Any]) -> Artefact:
    """Describe every file in `folder` by a new model.yaml; `about` has all of its fields but `files`."""
    if not folder.is_dir():
        raise ArtefactError(f"{folder} is not a folder")
    if (folder / MANIFEST).exists():
        raise ArtefactError(f"{folder / MANIFEST} exists already; remove it to describe the folder anew")
    files = [{"path": name, "sha256": checked_digest(folder, name)} for name in _names(folder)]
    document = {name: value for name, value in about.items() if value is not None} | {"files": files}
    for complaint in manifest_complaints(document):
        raise ArtefactError(f"{folder}: {complaint}")
    written = folder / f".{MANIFEST}.new"
    written.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    written.replace(folder / MANIFEST)
    return read_manifest(folder)


def _names(folder: Path) -> list[str]:
    names = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise ArtefactError(f"{name} must be a file, not a link: what it points to is not in the folder")
        if path.is_file():
            names.append(name)
    return names
