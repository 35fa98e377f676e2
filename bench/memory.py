"""What a tree of processes holds, read from /proc; knows no server.

PSS divides a shared page among those that share it, so that the sum over a tree is what the tree costs;
RSS counts it for each.
"""

from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1e6


@dataclass(frozen=True)
class Memory:
    """Of a tree of processes, in MB (10^6 bytes)."""

    pss_mb: float
    rss_mb: float
    processes: int


def tree(pid: int) -> list[int]:
    """The process and all that descend from it and live."""
    pids, unseen = [], [pid]
    while unseen:
        one = unseen.pop()
        try:
            children = [path.read_text() for path in Path(f"/proc/{one}/task").glob("*/children")]
        except (FileNotFoundError, ProcessLookupError):
            continue
        pids.append(one)
        unseen += [int(child) for line in children for child in line.split()]
    return pids


def memory(pid: int) -> Memory:
    """What the process and its descendants hold; one that ends meanwhile holds nothing."""
    pss = rss = 0.0
    pids = tree(pid)
    for one in pids:
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kilobytes = {line.split(":")[0]: float(line.split()[1]) for line in lines[1:]}
        pss += kilobytes["Pss"] * 1024 / MEGABYTE
        rss += kilobytes["Rss"] * 1024 / MEGABYTE
    return Memory(pss, rss, len(pids))
