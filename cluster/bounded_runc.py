#!/usr/bin/env python3
"""An OCI runtime: runc, after taking from every container the one capability this machine itself lacks.

Without it `docker run --privileged` fails here ("unable to apply caps: operation not permitted"). A copy of
this file is installed as a program of its own, so it imports nothing of the package.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MISSING = "CAP_SYS_RESOURCE"
RUNC_PLACES = ("/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc")


def without_capability(capabilities: dict[str, Any]) -> dict[str, Any]:
    """The five capability sets of a process, each without the missing one."""
    return {name: [entry for entry in held or [] if entry != MISSING] for name, held in capabilities.items()}


def flag_value(arguments: Sequence[str], *names: str) -> str | None:
    """The value of `--name value` or `--name=value`."""
    for position, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag in names:
            return value if equals else next(iter(arguments[position + 1 :]), None)
    return None


def bound_file(file: Path, *, inside: str | None) -> None:
    """Rewrite a bundle's config (inside="process") or a process description (inside=None)."""
    document = json.loads(file.read_text(encoding="utf-8"))
    process = document.get(inside) if inside else document
    if process and process.get("capabilities"):
        process["capabilities"] = without_capability(process["capabilities"])
        file.write_text(json.dumps(document), encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Bound what runc is about to start, then become runc."""
    if "exec" in arguments:
        process = flag_value(arguments, "--process", "-p")
        if process:
            bound_file(Path(process), inside=None)
    elif {"create", "run", "restore"} & set(arguments):
        bundle = flag_value(arguments, "--bundle", "-b") or "."
        bound_file(Path(bundle) / "config.json", inside="process")
    runc = next((place for place in RUNC_PLACES if os.access(place, os.X_OK)), "runc")
    os.execvp(runc, [runc, *arguments])  # noqa: S606 - becoming runc is this program's purpose


if __name__ == "__main__":
    main(sys.argv[1:])
