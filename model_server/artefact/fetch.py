"""Makes a model's folder, by a recipe or as a copy of one kept elsewhere; knows nothing of engines.

The folder appears whole or not at all; the second time it finds everything there.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import yaml

from model_server.artefact.convert import conversion
from model_server.artefact.manifest import MANIFEST, file_digest, read_manifest, verify
from model_server.artefact.mirrors import Terms, bring, cached
from model_server.artefact.recipe import RECIPES, Piece, Recipe, read_recipe
from model_server.errors import ArtefactError

JOINED = ".joined"


def fetch(name: str, out: Path, cache: Path, terms: Terms | None = None, recipes: Path = RECIPES) -> bool:
    """Make the named model's folder at `out`; False if it was there already, whole and of this version."""
    recipe = read_recipe(name, recipes)
    manifest = yaml.safe_dump(recipe.model, sort_keys=False)
    if (out / MANIFEST).exists() and (out / MANIFEST).read_text() == manifest:
        verify(read_manifest(out))
        return False
    _check_replaceable(out)
    with _staged(out) as staging:
        for path in recipe.files:
            _make(recipe, path, staging, cache, terms or Terms())
        (staging / MANIFEST).write_text(manifest)
        verify(read_manifest(staging))
    return True


def fetch_folder(mirrors: Sequence[str], digest: str, out: Path, terms: Terms) -> bool:
    """Copy to `out` the model's folder whose model.yaml has that SHA-256, each file from the first mirror
    that has it; False if it was there already, whole."""
    if (out / MANIFEST).exists() and file_digest(out / MANIFEST) == digest:
        verify(read_manifest(out))
        return False
    _check_replaceable(out)
    with _staged(out) as staging:
        _bring_member(mirrors, MANIFEST, digest, staging, terms)
        artefact = read_manifest(staging)
        for path, sha256 in artefact.files.items():
            _bring_member(mirrors, path, sha256, staging, terms)
        verify(artefact)
    return True


def _bring_member(mirrors: Sequence[str], path: str, sha256: str, staging: Path, terms: Terms) -> None:
    bring([f"{mirror.rstrip('/')}/{path}" for mirror in mirrors], sha256, staging / path, terms)


def _make(recipe: Recipe, path: str, staging: Path, cache: Path, terms: Terms) -> None:
    making = recipe.files[path]
    target = staging / path
    target.parent.mkdir(parents=True, exist_ok=True)
    joined = target if making.conversion is None else staging / JOINED
    with joined.open("wb") as writer:
        for piece in making.pieces:
            source = recipe.sources[piece.source]
            with _opened(cached(source.mirrors, source.sha256, cache, terms), piece) as reader:
                shutil.copyfileobj(reader, writer)
    if making.conversion is not None:
        conversion(making.conversion)(joined, target)
        joined.unlink()


@contextmanager
def _opened(file: Path, piece: Piece) -> Iterator[IO[bytes]]:
    if piece.member is None:
        with file.open("rb") as reader:
            yield reader
    else:
        with zipfile.ZipFile(file) as archive, archive.open(piece.member) as member:
            yield member


def _check_replaceable(out: Path) -> None:
    if out.exists() and not (out / MANIFEST).exists() and any(out.iterdir()):
        raise ArtefactError(f"{out} exists and is not a model's folder; it will not be replaced")


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A folder beside `out` that takes its place when all went well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        staging = Path(folder) / "new"
        staging.mkdir()
        yield staging
        if out.exists():
            out.replace(Path(folder) / "old")
        staging.replace(out)
