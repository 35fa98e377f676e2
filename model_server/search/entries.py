"""A catalogue's file: JSON lines of {"id", "title", "text", ...}; a bad line is counted and named, not fatal.

Knows nothing of how entries are searched.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from model_server.errors import CatalogueError

# All are held in memory beside the model: at most about 300 MB of text and index.
MAX_ENTRIES = 200_000
MAX_LINE_BYTES = 65_536
MAX_FILE_BYTES = 100_000_000
MAX_ID_CHARACTERS = 256
# Enough to see a pattern in the log.
NAMED_LINES = 5


@dataclass(frozen=True)
class Entry:
    """One thing that may be found."""

    id: str
    title: str
    text: str


@dataclass
class Reading:
    """What became of a file's lines."""

    entries: int = 0
    bad_lines: int = 0
    named: list[str] = field(default_factory=list)

    def note_bad(self, line: int, reason: str) -> None:
        """Count a bad line; the first few are named."""
        self.bad_lines += 1
        if len(self.named) < NAMED_LINES:
            self.named.append(f"line {line}: {reason}")


def read_entries(path: Path, reading: Reading) -> Iterator[Entry]:
    """The usable entries of a JSONL file; CatalogueError where it is unreadable or too large."""
    ids: set[str] = set()
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise CatalogueError(f"{path} must be at most {MAX_FILE_BYTES} bytes, not {size}")
        with path.open("rb") as file:
            for number, line in _lines(file.readline):
                entry = _entry(line, ids)
                if isinstance(entry, str):
                    reading.note_bad(number, entry)
                    continue
                if reading.entries == MAX_ENTRIES:
                    raise CatalogueError(f"{path} must have at most {MAX_ENTRIES} entries")
                ids.add(entry.id)
                reading.entries += 1
                yield entry
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from error


def _lines(readline: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that are not blank; one that is too long comes cut, and its rest is passed over."""
    number = 0
    while line := readline(MAX_LINE_BYTES + 1):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and rest:
            rest = readline(MAX_LINE_BYTES)
        if line.strip():
            yield number, line


def _entry(line: bytes, ids: set[str]) -> Entry | str:
    """The entry of a line, or why it has none."""
    if len(line) > MAX_LINE_BYTES:
        return f"must be at most {MAX_LINE_BYTES} bytes"
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {error}"
    if not isinstance(data, dict):
        return f"must be an object, not {type(data).__name__}"
    for name in ("id", "title", "text"):
        if not isinstance(data.get(name), str):
            return f"{name} must be text, not {type(data.get(name)).__name__}"
        if not _is_unicode(data[name]):
            return f"{name} has half a surrogate pair, which UTF-8 cannot hold"
    if not 1 <= len(data["id"]) <= MAX_ID_CHARACTERS:
        return f"id must have 1 to {MAX_ID_CHARACTERS} characters, not {len(data['id'])}"
    if data["id"] in ids:
        return f"id {data['id']!r} was there before"
    return Entry(data["id"], data["title"], data["text"])


def _is_unicode(text: str) -> bool:
    """Whether SQLite, and whoever is answered, can be given it: JSON can escape half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
