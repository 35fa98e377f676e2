"""Counts what users did with transcripts, by the version that served each; a restart loses no count.

A feedback is joined to its transcript by the request's id, and counts once a request: the first that came.
Only transcripts of versions under comparison are kept, so that both sides are counted over the same time.

Who served a request is read off who told of its transcript. One version alone: that one. Both (a mirror, or a
gateway's second try): stable, for the answer of a mirror's candidate goes to nobody. Where stable tells only
after the feedback has been counted for the candidate, it stays there; no gate reads feedback in a shadow.
"""

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rollout_policies.evidence import Identity
from rollout_policies.live.heard import Feedback, Heard, Wordless

# Requests whose feedback is waited for: an hour of 55 a second, some 30 MB on the volume.
CAPACITY = 200_000
# A feedback may overtake its transcript, which another pod sends, by a receiver's outage of seconds.
EARLY_CAPACITY, EARLY_SECONDS = 10_000, 120.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
    number INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL UNIQUE, serving TEXT NOT NULL,
    counted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS tally (
    comparison TEXT NOT NULL, serving TEXT NOT NULL, action TEXT NOT NULL, count INTEGER NOT NULL,
    last_at REAL NOT NULL, PRIMARY KEY (comparison, serving, action)
);
"""


@dataclass(frozen=True)
class Count:
    """Requests that one version served and users gave this feedback on; `last_at` in seconds since 1970."""

    serving: str
    action: str
    count: int
    last_at: float


class FeedbackTally:
    """The feedback of all comparisons in one file; may be used from several threads."""

    def __init__(
        self, path: Path | str, capacity: int = CAPACITY, early_capacity: int = EARLY_CAPACITY
    ) -> None:
        self._lock = threading.Lock()
        self._capacity, self._early_capacity = capacity, early_capacity
        self._early: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self.unserved = 0  # feedback that no transcript was told of in time
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # A row for each request of a user: a crash of the process loses none, one of the node the last few.
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(SCHEMA)

    def served(self, told: Heard | Wordless, comparisons: Iterable[Identity], now: float) -> None:
        """Note who transcribed a request, if it is a side of a comparison; `now` in seconds since 1970."""
        own = [one for one in comparisons if told.pod_template_hash in (one.stable, one.candidate)]
        if not own:
            return
        with self._lock:
            self._note(told, own)
            _, action = self._early.pop(told.request_id, (0.0, None))
            if action is not None:
                self._count(Feedback(told.request_id, action), own, now)

    def given(self, feedback: Feedback, comparisons: Iterable[Identity], now: float) -> None:
        """Count a feedback, or keep it until its transcript is told of; a repetition changes nothing."""
        own = list(comparisons)
        if not own:
            return
        with self._lock:
            if not self._count(feedback, own, now):
                self._early.setdefault(feedback.request_id, (now, feedback.action))
            self._forget(now)

    def counts(self, identity: Identity) -> list[Count]:
        """What users did with the transcripts of both sides of a comparison, whatever its golden set."""
        with self._lock:
            rows = self._database.execute(
                "SELECT serving, action, count, last_at FROM tally WHERE comparison = ?",
                (_comparison(identity),),
            ).fetchall()
        return [Count(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _note(self, told: Heard | Wordless, comparisons: list[Identity]) -> None:
        execute = self._database.execute
        execute(
            "INSERT OR IGNORE INTO request (request_id, serving) VALUES (?, ?)",
            (told.request_id, told.pod_template_hash),
        )
        for one in comparisons:
            if told.pod_template_hash == one.stable:
                execute(
                    "UPDATE request SET serving = ? WHERE request_id = ? AND serving = ? AND counted = 0",
                    (one.stable, told.request_id, one.candidate),
                )
        execute(
            "DELETE FROM request WHERE number <= (SELECT max(number) FROM request) - ?", (self._capacity,)
        )

    def _count(self, feedback: Feedback, comparisons: list[Identity], now: float) -> bool:
        """Count a feedback once; False where nobody told of its transcript."""
        execute = self._database.execute
        row = execute(
            "SELECT serving, counted FROM request WHERE request_id = ?", (feedback.request_id,)
        ).fetchone()
        if row is None:
            return False
        serving, counted = row
        own = {_comparison(one) for one in comparisons if serving in (one.stable, one.candidate)}
        if counted or not own:
            return True
        with self._database:
            execute("BEGIN")
            execute("UPDATE request SET counted = 1 WHERE request_id = ?", (feedback.request_id,))
            for comparison in own:
                execute(
                    "INSERT INTO tally VALUES (?, ?, ?, 1, ?) ON CONFLICT (comparison, serving, action)"
                    " DO UPDATE SET count = count + 1, last_at = excluded.last_at",
                    (comparison, serving, feedback.action, now),
                )
        return True

    def _forget(self, now: float) -> None:
        while self._early:
            at, _ = next(iter(self._early.values()))
            if now - at <= EARLY_SECONDS and len(self._early) <= self._early_capacity:
                return
            self._early.popitem(last=False)
            self.unserved += 1


def _comparison(identity: Identity) -> str:
    return json.dumps(identity.comparison)
