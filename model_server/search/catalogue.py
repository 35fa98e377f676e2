"""Search in a mounted catalogue: SQLite's FTS5 in memory, ranked by bm25 (Robertson and Zaragoza 2009).

One thread owns the database; a search that nobody waits for any more is interrupted. Knows nothing of speech.
"""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from model_server.errors import CatalogueError, SearchError
from model_server.search.entries import Entry, Reading, read_entries
from model_server.search.search import Result

WORD = re.compile(r"\w+")
# The first different words of a transcript; each costs a look into the index.
MAX_WORDS = 64
SNIPPET_TOKENS = 24
# A word of the title says more of an entry than one of its text.
TITLE_WEIGHT, TEXT_WEIGHT = 2.0, 1.0
TABLE = "CREATE VIRTUAL TABLE entry USING fts5(id UNINDEXED, title, text, tokenize = 'unicode61')"
FIND = f"""
    SELECT id, title, snippet(entry, -1, '', '', '…', {SNIPPET_TOKENS}),
           -bm25(entry, 0, {TITLE_WEIGHT}, {TEXT_WEIGHT}) AS score
    FROM entry WHERE entry MATCH ? ORDER BY score DESC, rowid LIMIT ?
"""  # noqa: S608  numbers of this module only


class Catalogue:
    """Entries to find, held in memory."""

    def __init__(self, entries: Iterable[Entry]):
        self._lock = threading.Lock()
        self._running: _Job | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        with self._database:
            self._database.execute(TABLE)
            rows = ((entry.id, entry.title, entry.text) for entry in entries)
            self._database.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)

    async def find(self, text: str, limit: int) -> list[Result]:
        """The entries with most of the words that tell most; SearchError where SQLite fails."""
        asked = match(text)
        if not asked:
            return []
        job = _Job(asked, limit)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._rows, job)
        except asyncio.CancelledError:
            self._interrupt(job)
            raise
        except sqlite3.Error as error:
            raise SearchError(f"the catalogue could not be searched: {error}") from error

    async def close(self) -> None:
        """Close the database, whatever is being looked for."""
        self._database.interrupt()
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._database.close()

    def _rows(self, job: "_Job") -> list[Result]:
        with self._lock:
            self._running = job
        try:
            return [Result(*row) for row in self._database.execute(FIND, (job.match, job.limit))]
        finally:
            with self._lock:
                self._running = None

    def _interrupt(self, job: "_Job") -> None:
        # Only its own: the one that runs may be another's, whose time is not over.
        with self._lock:
            if self._running is job:
                self._database.interrupt()


@dataclass(frozen=True)
class _Job:
    match: str
    limit: int


def read_catalogue(path: Path) -> tuple[Catalogue, Reading]:
    """The catalogue of a JSONL file and what became of its lines; CatalogueError where none is usable."""
    reading = Reading()
    catalogue = Catalogue(read_entries(path, reading))
    if reading.entries == 0:
        reasons = f": {'; '.join(reading.named)}" if reading.named else ""
        raise CatalogueError(f"{path} has no usable entry{reasons}")
    return catalogue, reading


def match(text: str) -> str:
    """An FTS5 expression for any of the words; quoted, so that no spoken word is FTS5's syntax."""
    words = dict.fromkeys(word.casefold() for word in WORD.findall(text))
    return " OR ".join(f'"{word}"' for word in list(words)[:MAX_WORDS])
