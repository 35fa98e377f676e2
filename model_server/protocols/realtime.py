"""OpenAI's Realtime transcription: WebSocket `/v1/realtime`, which sessions it lets in, and their end.

Who asks for another model is answered 404 instead of a handshake; who comes when there is no room is told so
in an error event and closed with 1013 (try again later). What a session does is realtime_connection's.
"""

import contextlib
import json
import math
import time
import uuid

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from model_server.account import Account
from model_server.envelope import ACCOUNT
from model_server.errors import BadRequestError, QueueFullError, RefusedError
from model_server.log import LOGGER
from model_server.protocols.http import ServerParts, refusal
from model_server.protocols.realtime_connection import DRAINED, LEFT, Ending, Patience, RealtimeConnection
from model_server.protocols.realtime_ear import Ear
from model_server.protocols.realtime_events import server_error
from model_server.protocols.realtime_session import RealtimeSession, SessionLimits
from model_server.protocols.realtime_settings import SessionSettings

PATH = "/v1/realtime"
# Without turn detection so much waits for a commit.
MAX_BUFFER_SECONDS = 60.0
INTENT = "transcription"
TRY_AGAIN_LATER = 1013
RETRY_AFTER_SECONDS = 5
# What a session may take to end beyond its utterances' deadline: the last inference.
SPARE_FINISH_SECONDS = 5.0


def routes(server: ServerParts) -> list[BaseRoute]:
    """The route of realtime clients."""
    sessions = RealtimeSessions(server)
    server.lifecycle.when_closed(sessions.drain)
    return [WebSocketRoute(PATH, sessions.connect)]


class RealtimeSessions:
    """The sessions that are open."""

    def __init__(self, server: ServerParts):
        options = server.options
        self._server = server
        longest = server.limits.max_audio_seconds
        self._limits = SessionLimits(
            min(server.artefact.limits.max_segment_seconds, longest),
            options.vad_mode,
            min(MAX_BUFFER_SECONDS, longest),
        )
        self._patience = Patience(
            options.realtime_session_seconds,
            options.realtime_idle_seconds,
            options.deadline_seconds + SPARE_FINISH_SECONDS,
        )
        self._open: set[RealtimeConnection] = set()

    async def connect(self, websocket: WebSocket) -> None:
        """One client, from its handshake to its end."""
        account: Account = websocket.scope[ACCOUNT]
        try:
            self._check(websocket, account)
        except RefusedError as error:
            account.reason = error.reason
            self._server.ledger.close(account, PATH, error.code, websocket.headers, "GET")
            await _refuse(websocket, error)
            return
        with contextlib.suppress(OSError):  # the client left during the handshake
            await self._serve(websocket, account)

    async def _serve(self, websocket: WebSocket, account: Account) -> None:
        session = self._session()
        ear = Ear(self._server, account, PATH)
        connection = RealtimeConnection(websocket, session, ear, self._patience)
        self._open.add(connection)
        self._server.metrics.realtime_sessions.set(len(self._open))
        ending = LEFT
        try:
            await websocket.accept()
            ending = await connection.run()
        finally:
            self._open.remove(connection)
            self._server.metrics.realtime_sessions.set(len(self._open))
            self._server.metrics.realtime_ended.labels(ending.name).inc()
            self._server.metrics.realtime_refused_events.inc(session.refused_events)
            _log(session, account, ending)

    def drain(self) -> None:
        """Let every session finish what was spoken, and end."""
        for connection in self._open:
            connection.end(DRAINED)

    def _check(self, websocket: WebSocket, account: Account) -> None:
        """Refuse whoever wants something else, and everybody when there is no room."""
        asked = websocket.query_params
        unknown = set(asked) - {"intent", "model"}
        if unknown:
            raise BadRequestError(f"the query may have intent and model, not {min(unknown)!r}")
        if asked.get("intent", INTENT) != INTENT:
            raise BadRequestError(f"intent must be {INTENT!r}, not {asked['intent']!r}")
        self._server.check_name(asked.get("model", self._server.served_name))
        account.deadline_seconds(self._server.options.deadline_seconds)
        self._server.lifecycle.check_open()
        most = self._server.options.realtime_sessions
        if len(self._open) >= most:
            raise QueueFullError(
                f"all {most} realtime sessions are taken; try again later", RETRY_AFTER_SECONDS
            )

    def _session(self) -> RealtimeSession:
        settings = SessionSettings(self._server.served_name, self._server.artefact.language)
        expires_at = math.ceil(time.time() + self._patience.session_seconds)
        return RealtimeSession(f"sess_{uuid.uuid4().hex}", settings, self._limits, expires_at)


async def _refuse(websocket: WebSocket, error: RefusedError) -> None:
    with contextlib.suppress(OSError, WebSocketDisconnect):
        if error.retry_after_seconds is None:
            await websocket.send_denial_response(refusal(error))
            return
        await websocket.accept()
        event = {"event_id": "event_1", **server_error(error.reason, error.sentence)}
        await websocket.send_text(json.dumps(event))
        await websocket.close(TRY_AGAIN_LATER, error.sentence)


def _log(session: RealtimeSession, account: Account, ending: Ending) -> None:
    about = {
        "session": session.session_id,
        "request_id": account.request_id,
        "traffic": account.traffic,
        "ending": ending.name,
        "seconds": round(time.monotonic() - account.started, 3),
        "items": session.items,
        "refused_events": session.refused_events,
    }
    LOGGER.info("realtime session", extra=about)
