"""Keeps pairs of live transcripts in SQLite on a volume; a restart loses none. Knows nothing of bounds.

The words are kept only of those that disagree, and no more than KEPT of an identity: the worst.
"""

import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rollout_policies.evidence import Identity
from rollout_policies.live.disagreement import disagreement, share
from rollout_policies.live.heard import Heard
from rollout_policies.live.slices import Compared
from rollout_policies.sequential import Floats

LIVE_FILE = "live.sqlite"
KEPT = 200
# Bounds of so many pairs are as narrow as anyone asks for, and are computed anew with each.
COUNTED = 20_000
# A volume may hold a file from before they were told.
LATER_COLUMNS = ("loudness_lufs", "snr_db")
SCHEMA = """
CREATE TABLE IF NOT EXISTS pair (
    identity TEXT NOT NULL, request_id TEXT NOT NULL, at REAL NOT NULL, share REAL NOT NULL,
    audio_seconds REAL NOT NULL, confidence REAL, stable TEXT, candidate TEXT, loudness_lufs REAL,
    snr_db REAL, PRIMARY KEY (identity, request_id)
);
CREATE INDEX IF NOT EXISTS worst ON pair (identity, share DESC) WHERE stable IS NOT NULL;
"""


@dataclass(frozen=True)
class Disagreed:
    """One utterance on which two versions differ, as a person would look at it."""

    request_id: str
    share: float
    audio_seconds: float
    confidence: float | None
    stable: str
    candidate: str


class LiveStore:
    """The pairs of all identities in one file; may be used from several threads."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(SCHEMA)
        there = {row[1] for row in self._database.execute("PRAGMA table_info(pair)")}
        for column in LATER_COLUMNS:
            if column not in there:
                self._database.execute(f"ALTER TABLE pair ADD COLUMN {column} REAL")

    def add(self, identity: Identity, stable: Heard, candidate: Heard, at: float) -> None:
        """Keep a pair; one whose request was counted already changes nothing."""
        found = share(*disagreement(stable.text, candidate.text))
        texts = (stable.text, candidate.text) if found > 0 else (None, None)
        confidence, *sound = (_least(stable, candidate, name) for name in ("confidence", *LATER_COLUMNS))
        row = (
            *(_key(identity), stable.request_id, at, found),
            *(stable.audio_seconds, confidence, *texts, *sound),
        )
        with self._lock:
            self._database.execute("INSERT OR IGNORE INTO pair VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._database.execute(
                "UPDATE pair SET stable = NULL, candidate = NULL WHERE identity = ? AND stable IS NOT NULL"
                " AND rowid NOT IN (SELECT rowid FROM pair WHERE identity = ? AND stable IS NOT NULL"
                " ORDER BY share DESC LIMIT ?)",
                (row[0], row[0], KEPT),
            )

    def counted(self, identity: Identity) -> tuple[int, float]:
        """How many of the pairs count, at most COUNTED, and when the last of all came, or 0."""
        with self._lock:
            ((pairs, last),) = self._database.execute(
                "SELECT count(*), max(at) FROM pair WHERE identity = ?", (_key(identity),)
            ).fetchall()
        return min(pairs, COUNTED), last or 0.0

    def shares(self, identity: Identity) -> Floats:
        """The disagreements of the pairs that count, as they came."""
        with self._lock:
            rows = self._database.execute(
                "SELECT share FROM pair WHERE identity = ? ORDER BY rowid LIMIT ?", (_key(identity), COUNTED)
            ).fetchall()
        return np.array([row[0] for row in rows], dtype=float)

    def compared(self, identity: Identity) -> list[Compared]:
        """The pairs that count without their words, as they came."""
        with self._lock:
            rows = self._database.execute(
                "SELECT share, audio_seconds, confidence, loudness_lufs, snr_db FROM pair"
                " WHERE identity = ? ORDER BY rowid LIMIT ?",
                (_key(identity), COUNTED),
            ).fetchall()
        return [Compared(*row) for row in rows]

    def worst(self, identity: Identity, count: int) -> list[Disagreed]:
        """The utterances on which the versions differ most."""
        with self._lock:
            rows = self._database.execute(
                "SELECT request_id, share, audio_seconds, confidence, stable, candidate FROM pair"
                " WHERE identity = ? AND stable IS NOT NULL ORDER BY share DESC, rowid LIMIT ?",
                (_key(identity), count),
            ).fetchall()
        return [Disagreed(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()


def _least(stable: Heard, candidate: Heard, name: str) -> float | None:
    known = [value for heard in (stable, candidate) if (value := getattr(heard, name)) is not None]
    return min(known, default=None)


def _key(identity: Identity) -> str:
    # What users say is heard by the pods that have users, whichever the golden walk asks.
    return replace(identity, baseline=False).digest.hex()
