"""The one thing a search does, and what it gives; knows nothing of SQLite, HTTP or speech."""

from dataclasses import dataclass
from typing import Protocol

MAX_RESULTS = 50


@dataclass(frozen=True)
class Result:
    """One entry found; `snippet` is its matching stretch as plain text, a higher `score` a better match."""

    id: str
    title: str
    snippet: str
    score: float


class Search(Protocol):
    """Something to look words up in."""

    async def find(self, text: str, limit: int) -> list[Result]:
        """At most `limit` results for spoken words, the best first; SearchError where it cannot tell."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...
