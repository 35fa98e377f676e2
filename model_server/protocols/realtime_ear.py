"""The transcripts of a realtime session's utterances, each counted and logged like a request of its own.

An utterance's time begins when it was committed: before, it was the speaker's own. Partial transcripts are
counted as traffic "partial", which no gate reads. Knows nothing of events or sockets.
"""

import asyncio
import time
from typing import Any

from model_server.account import PARTIAL_TRAFFIC, Account
from model_server.audio import raw_clip
from model_server.content import Content
from model_server.errors import ClientGoneError, InternalError, RefusedError
from model_server.log import LOGGER
from model_server.protocols.http import ServerParts
from model_server.protocols.openai import judgement
from model_server.protocols.realtime_audio import Utterance
from model_server.transcript import Transcript

# Partial transcripts are asked for only while so much of the queue is taken: they must not make others wait.
SPARE_QUEUE_RATIO = 0.25


class Ear:
    """What hears the utterances of the session that began with this handshake at this path."""

    def __init__(self, server: ServerParts, handshake: Account, path: str):
        self._server = server
        self._handshake = handshake
        self._path = path

    @property
    def spare(self) -> bool:
        """Whether there is time for a partial transcript."""
        return self._server.service.held_seconds <= SPARE_QUEUE_RATIO * self._server.options.queue_seconds

    def commit(self, utterance: Utterance) -> Account:
        """Open the account of an utterance that is to be transcribed."""
        self._server.metrics.in_flight.inc()
        return self._account(utterance, self._handshake.traffic)

    async def final(self, utterance: Utterance, account: Account) -> tuple[str, dict[str, Any]]:
        """The transcript of a committed utterance, and what is thought of it and found; or a RefusedError."""
        try:
            transcript = await self._transcribed(utterance, account)
        finally:
            self._server.metrics.in_flight.dec()
        found = await self._server.found(transcript, account)
        return transcript.text, judgement(transcript, self._server.options.review) | found

    def lose(self, account: Account) -> None:
        """Close the account of an utterance whose client left before its turn."""
        self._server.metrics.in_flight.dec()
        self._count(account, ClientGoneError.code, ClientGoneError.reason)

    async def partial(self, utterance: Utterance) -> str:
        """What the speech under way seems to say, or a RefusedError."""
        account = self._account(utterance, PARTIAL_TRAFFIC)
        return (await self._transcribed(utterance, account)).text

    def _account(self, utterance: Utterance, traffic: str) -> Account:
        account = Account(utterance.item_id, traffic, self._handshake.timeout, self._handshake.caller)
        account.take()
        return account

    async def _transcribed(self, utterance: Utterance, account: Account) -> Transcript:
        """The transcript, or a RefusedError, counted; of a part that gave way to the whole nothing is."""
        try:
            clip = raw_clip(
                Content.of(utterance.pcm),
                "int16",
                utterance.sample_rate,
                self._server.limits.max_audio_seconds,
            )
            (transcript,) = await self._server.service.transcribe([clip], account)
        except RefusedError as error:
            self._count(account, error.code, error.reason)
            raise
        except asyncio.CancelledError:
            if account.traffic != PARTIAL_TRAFFIC:
                self._count(account, ClientGoneError.code, ClientGoneError.reason)
            raise
        except Exception as error:  # the process edge of a request
            LOGGER.exception("request failed", extra={"request_id": account.request_id})
            self._count(account, InternalError.code, InternalError.reason)
            about = f"internal error; the log has it under request id {account.request_id}"
            raise InternalError(about) from error
        self._count(account, 200, account.reason)
        return transcript

    def _count(self, account: Account, code: int, reason: str) -> None:
        account.reason = reason
        if account.traffic == PARTIAL_TRAFFIC:
            # No line in the log: there is one a second for everybody who speaks.
            self._server.metrics.count_answer(account, code, account.served_seconds(time.monotonic()))
        else:
            self._server.ledger.close(account, self._path, code, method="GET")
