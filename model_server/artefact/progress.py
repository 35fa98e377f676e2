"""Tells on a terminal how far a download is; says nothing where nobody watches."""

import time
from collections.abc import Iterable, Iterator
from typing import TextIO

MEGABYTE = 1_000_000
# Often enough to be seen moving.
INTERVAL_SECONDS = 0.2


def shown(chunks: Iterable[bytes], name: str, total: int | None, terminal: TextIO) -> Iterator[bytes]:
    """The chunks as they come, with `name` and the megabytes so far on one line of the terminal."""
    if not terminal.isatty():
        yield from chunks
        return
    done, told = 0, 0.0
    of_total = "" if total is None else f" of {total / MEGABYTE:.1f}"
    for chunk in chunks:
        done += len(chunk)
        if time.monotonic() - told > INTERVAL_SECONDS:
            told = time.monotonic()
            terminal.write(f"\r{name}: {done / MEGABYTE:.1f}{of_total} MB")
            terminal.flush()
        yield chunk
    terminal.write(f"\r{name}: {done / MEGABYTE:.1f}{of_total} MB\n")
    terminal.flush()
