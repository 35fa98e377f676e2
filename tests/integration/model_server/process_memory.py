"""What a predictor and its engine processes hold, read from /proc.

The proportional set size (PSS) divides a shared page among those that share it: the sum is what they cost
together.
"""

import threading
from pathlib import Path


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(each for line in children for child in line for each in tree(int(child)))]


def held_bytes(pid: int) -> int:
    """The PSS of the process and its descendants."""
    rollups = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in tree(pid)]
    lines = [line for rollup in rollups for line in rollup.splitlines() if line.startswith("Pss:")]
    return sum(int(line.split()[1]) for line in lines) * 1024


class Peak:
    """The most that was held while inside, looked at every half second."""

    def __init__(self, pid: int):
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.bytes = 0

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self.bytes = max(self.bytes, held_bytes(self._pid))
