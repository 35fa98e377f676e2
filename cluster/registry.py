"""Whether images can be pulled here: asked once a run with a short pull, or told by SERINUS_REGISTRY."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from cluster import engine
from cluster.commands import succeeds
from cluster.errors import InputError
from cluster.pins import Pin
from cluster.progress import say

PROBE_SECONDS = 20.0  # a pull of the tiny data base takes 2 s where there is a registry at all
CHOICES = ("pull", "build")


@functools.cache
def _pulls(image: str) -> bool:
    chosen = os.environ.get("SERINUS_REGISTRY", "")
    if chosen and chosen not in CHOICES:
        raise InputError(f"SERINUS_REGISTRY must be one of {', '.join(CHOICES)} or unset, not {chosen!r}")
    if chosen:
        say(f"images: {chosen}, as SERINUS_REGISTRY says")
        return chosen == "pull"
    answered = succeeds([engine.docker_client(), "pull", "--quiet", image], timeout_seconds=PROBE_SECONDS)
    if answered:
        say("images: a registry answers, so they are pulled")
    else:
        say(
            f"images: no registry gave {image} within {PROBE_SECONDS:.0f} s, so what is missing is built "
            "here, from Go modules, wheels and Debian packages; all of it takes about 25-30 min on two "
            "cores, once"
        )
    return answered


def pulls(pins: Mapping[str, Pin]) -> bool:
    """True where images are pulled, False where they are built."""
    return _pulls(pins["data-base"].published)
