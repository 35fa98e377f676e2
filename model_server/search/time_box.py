"""A search within a time box: whatever happens in it, the transcript it was for is answered.

Knows nothing of what is searched or of protocols.
"""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from model_server.errors import SearchError
from model_server.log import LOGGER
from model_server.search.search import Result, Search

FOUND, NOTHING, LATE, FAILED = "found", "nothing", "late", "failed"
OUTCOMES = (FOUND, NOTHING, LATE, FAILED)


@dataclass(frozen=True)
class Findings:
    """What a search came to: results, or None and why there are none."""

    results: tuple[Result, ...] | None
    error: str | None = None

    def fields(self) -> dict[str, Any]:
        """The fields it adds to an answer."""
        if self.results is None:
            return {"results": None, "search_error": self.error}
        return {"results": [asdict(result) for result in self.results]}


class TimeBox:
    """Searches that take at most `timeout_seconds`, each counted by its outcome."""

    def __init__(self, search: Search, limit: int, timeout_seconds: float, count: Callable[[str], None]):
        self._search = search
        self._limit = limit
        self._timeout_seconds = timeout_seconds
        self._count = count

    async def find(self, text: str, request_id: str) -> Findings:
        """What the words find; never an exception but the caller's own cancellation."""
        outcome, findings = await self._outcome(text, request_id)
        self._count(outcome)
        return findings

    async def close(self) -> None:
        """Let go of what the search holds."""
        await self._search.close()

    async def _outcome(self, text: str, request_id: str) -> tuple[str, Findings]:
        if not text.strip():
            return NOTHING, Findings(())
        try:
            async with asyncio.timeout(self._timeout_seconds):
                results = await self._search.find(text, self._limit)
        except TimeoutError:
            return LATE, Findings(None, f"the search took longer than {self._timeout_seconds * 1000:g} ms")
        except SearchError as error:
            return FAILED, Findings(None, str(error))
        except Exception:  # noqa: BLE001  an edge: nothing that a search does may cost a transcript
            LOGGER.exception("search failed", extra={"request_id": request_id})
            return FAILED, Findings(None, f"internal error; the log has it under request id {request_id}")
        return (FOUND if results else NOTHING), Findings(tuple(results))
