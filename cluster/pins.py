"""Reads manifests/platform/pins.toml: the two pins of each component."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster import paths
from cluster.errors import PinsError

FIELDS = ("published", "module", "version")


@dataclass(frozen=True)
class Pin:
    """One component: the published image, and the module and version it is built from."""

    published: str
    module: str
    version: str

    @property
    def repository(self) -> str:
        """The published image without its tag and digest."""
        return self.published.partition("@")[0].rpartition(":")[0]

    @property
    def tag(self) -> str:
        """The published image's tag."""
        return self.published.partition("@")[0].rpartition(":")[2]


def parse(text: str) -> Mapping[str, Pin]:
    """The table's components by name; PinsError where one lacks a pin or has a field it should not."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PinsError(f"pins.toml is not TOML: {error}") from error
    return {name: _pin(name, fields) for name, fields in table.items()}


def load(file: Path | None = None) -> Mapping[str, Pin]:
    """The repository's table."""
    return parse((file or paths.platform_dir() / "pins.toml").read_text(encoding="utf-8"))


def _pin(name: str, fields: object) -> Pin:
    if not isinstance(fields, dict) or set(fields) != set(FIELDS):
        given = sorted(fields) if isinstance(fields, dict) else fields
        raise PinsError(f"component {name!r} must have exactly the fields {', '.join(FIELDS)}, not {given}")
    for field, value in fields.items():
        if not isinstance(value, str) or (not value and field != "published"):
            raise PinsError(f"component {name!r}: {field} must be a string that is not empty, not {value!r}")
    published = str(fields["published"])
    tag = published.partition("@")[0].rpartition("/")[2].partition(":")[2]
    if published and tag in ("", "latest"):
        raise PinsError(f"component {name!r}: published must name a tag, not `latest` or none: {published!r}")
    return Pin(published, str(fields["module"]), str(fields["version"]))
