"""Where things lie: the repository, and this user's cache of all that is built or downloaded."""

from __future__ import annotations

import os
from pathlib import Path


def repository_root() -> Path:
    """The checkout this package is part of."""
    return Path(__file__).resolve().parent.parent


def cache_dir() -> Path:
    """The folder of everything built or downloaded: $SERINUS_CACHE, else serinus/ in the user's cache."""
    chosen = os.environ.get("SERINUS_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "serinus"


def bin_dir() -> Path:
    """Programs to put on PATH: kind, kubectl, helm, kubectl-argo-rollouts."""
    return cache_dir() / "bin"


def built_dir() -> Path:
    """Programs that only go into images."""
    return cache_dir() / "built"


def rootfs_dir() -> Path:
    """Operating systems as tar files, made by debootstrap."""
    return cache_dir() / "rootfs"


def log_dir() -> Path:
    """One file per command that ran long or failed."""
    return cache_dir() / "log"


def kubeconfig() -> Path:
    """The kubeconfig of the cluster `serinus`; the user's own is never touched."""
    return cache_dir() / "kubeconfig"


def from_source_dir() -> Path:
    """Go wrapper modules and Dockerfiles of the images built where no registry answers."""
    return repository_root() / "images" / "from-source"


def platform_dir() -> Path:
    """Pins, chart values and manifests of the platform."""
    return repository_root() / "manifests" / "platform"
