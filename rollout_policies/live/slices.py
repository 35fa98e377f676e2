"""Where two versions differ most: live pairs by how long, how sure, how loud and how noisy they were; pure.

Each slice is a mean without a bound: it says where to listen, and proves nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """One live pair without its words; figures as in `Heard`."""

    share: float
    audio_seconds: float
    confidence: float | None
    loudness_lufs: float | None
    snr_db: float | None


@dataclass(frozen=True)
class Slice:
    """The pairs of one range of one figure: how many, how many differ at all, and their mean disagreement."""

    figure: str
    range: str
    pairs: int
    differing: int
    disagreement: float


# Figure, its unit, how it is read, and the edges between its ranges.
FIGURES: tuple[tuple[str, str, Callable[[Compared], float | None], tuple[float, ...]], ...] = (
    ("audio", "s", lambda pair: pair.audio_seconds, (2, 5, 10, 30)),
    ("confidence", "", lambda pair: pair.confidence, (0.5, 0.8, 0.9, 0.95)),
    ("loudness", "LUFS", lambda pair: pair.loudness_lufs, (-40, -30, -23, -16)),
    ("speech over noise", "dB", lambda pair: pair.snr_db, (5, 10, 20, 30)),
)


def slices(pairs: Sequence[Compared]) -> list[Slice]:
    """Every range that has a pair, figure by figure, rising; last those whose figure is unknown."""
    found = []
    for figure, unit, read, edges in FIGURES:
        ranges: dict[int, list[float]] = {}
        for pair in pairs:
            value = read(pair)
            place = len(edges) + 1 if value is None else sum(value >= edge for edge in edges)
            ranges.setdefault(place, []).append(pair.share)
        for place, shares in sorted(ranges.items()):
            differing, mean = sum(share > 0 for share in shares), sum(shares) / len(shares)
            found.append(Slice(figure, _range(place, edges, unit), len(shares), differing, mean))
    return found


def _range(place: int, edges: Sequence[float], unit: str) -> str:
    if place > len(edges):
        return "unknown"
    if place == len(edges):
        return f"{f'{edges[-1]:g} {unit}'.strip()} and more"
    words = f"below {edges[0]:g}" if place == 0 else f"{edges[place - 1]:g} to {edges[place]:g}"
    return f"{words} {unit}".strip()
