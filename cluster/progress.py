"""A line when a step starts, one when it ends, and one every 45 s between: no silent minute in CI."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

HEARTBEAT_SECONDS = 45.0
_STARTED = time.monotonic()


def say(words: str) -> None:
    """Print a line with the time since the program started."""
    minutes, seconds = divmod(int(time.monotonic() - _STARTED), 60)
    print(f"[{minutes:02d}:{seconds:02d}] {words}", file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Tell when a step starts, goes on, and ends or fails."""
    begun = time.monotonic()
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            say(f"  … {title}: {time.monotonic() - begun:.0f} s so far")

    say(f"{title} …")
    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    except BaseException:
        say(f"{title}: FAILED after {time.monotonic() - begun:.0f} s")
        raise
    finally:
        over.set()
    say(f"{title}: done in {time.monotonic() - begun:.0f} s")
