"""Whether images can be pulled here: asked once a run with a short pull, or told by SERINUS_REGISTRY."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from cluster import engine
from cluster.commands import succeeds
from cluster.errors import InputError
from cluster.pins import Pin

PROBE_SECONDS = 20.0  # a pull of the tiny data base takes 2 s where there is a registry at all
CHOICES = ("pull", "build")


@functools.cache
def _pulls(image: str) -> bool:
    chosen = os.environ.get("SERINUS_REGISTRY", "")
    if chosen and chosen not in CHOICES:
        raise InputError(f"SERINUS_REGISTRY must be one of {', '.join(CHOICES)} or unset, not {chosen!r}")
    if chosen:
        return chosen == "pull"
    return succeeds([engine.docker_client(), "pull", "--quiet", image], timeout_seconds=PROBE_SECONDS)


def pulls(pins: Mapping[str, Pin]) -> bool:
    """True where images are pulled, False where they are built."""
    return _pulls(pins["data-base"].published)
