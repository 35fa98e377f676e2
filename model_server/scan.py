"""Searches megabytes of untrusted bytes piece by piece, since no other thread runs while `re` does.

Knows nothing of formats.
"""

import re

# A quarter of a megabyte takes `re` 5 ms at its slowest, which is Python's own switch interval.
PIECE_BYTES = 1 << 18
# No pattern searched for here is longer.
LONGEST_MATCH = 16


def search(pattern: re.Pattern[bytes], data: memoryview, begin: int) -> int | None:
    """Where a match of at most 16 bytes first begins, from `begin` on."""
    for at in range(begin, len(data), PIECE_BYTES):
        found = pattern.search(data, at, at + PIECE_BYTES + LONGEST_MATCH)
        if found is not None:
            return found.start()
    return None
