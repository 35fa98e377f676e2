"""Waiting for something named, for a bounded time. Knows nothing of what is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from demo.errors import WaitTimeout

Found = TypeVar("Found")

POLL_SECONDS = 1.0


def wait_for(
    what: str,
    look: Callable[[], Found | None],
    *,
    seconds: float,
    last_seen: Callable[[], str] = lambda: "",
    poll_seconds: float = POLL_SECONDS,
) -> Found:
    """Look until there is something to return; WaitTimeout after `seconds`, one look at least."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() >= deadline:
            raise WaitTimeout(what, seconds, last_seen())
        time.sleep(poll_seconds)
    return found
