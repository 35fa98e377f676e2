"""What every answer carries and every request for speech is counted by, around the whole application.

The outermost layer, so that answers of the SDK and of Starlette's own errors are in it too. Knows nothing
of what is inside the bodies.
"""

import re
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model_server.account import REQUEST_ID, Account, open_account
from model_server.ledger import Ledger
from model_server.lifecycle import Lifecycle
from model_server.metrics import Metrics

MODEL_NAME = "x-serinus-model-name"
MODEL_VERSION = "x-serinus-model-version"
POD_TEMPLATE_HASH = "x-serinus-pod-template-hash"
AUDIO_SECONDS = "x-serinus-audio-seconds"
QUEUE_MILLISECONDS = "x-serinus-queue-ms"
INFERENCE_MILLISECONDS = "x-serinus-inference-ms"

# By the type of a connection, what its answer begins with.
STARTS = {
    "http": ("http.response.start",),
    "websocket": ("websocket.accept", "websocket.http.response.start"),
}
ACCOUNT = "serinus.account"  # its key in the ASGI scope
# Starlette's routes end in $, which lets a newline follow.
SPEECH_PATH = re.compile(
    r"(/v1/models/[^/]+:predict|/v1/audio/transcriptions|/v2/models/[^/]+(/versions/[^/]+)?/infer)\n?"
)


@dataclass(frozen=True)
class Identity:
    """Who answers."""

    model_name: str
    model_version: str
    pod_template_hash: str


class Envelope:
    """An ASGI application around another."""

    def __init__(
        self,
        app: ASGIApp,
        identity: Identity,
        metrics: Metrics,
        ledger: Ledger,
        lifecycle: Lifecycle,
        caller_header: str | None = None,
    ):
        self._app = app
        self._caller_header = caller_header
        self._ledger = ledger
        self._identity = identity
        self._metrics = metrics
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's event, http or other."""
        if scope["type"] not in STARTS:
            await self._app(scope, receive, send)
            return
        account = open_account(Headers(scope=scope), self._caller_header)
        scope[ACCOUNT] = account
        code = 500

        async def send_marked(message: Message) -> None:
            nonlocal code
            if message["type"] in STARTS[scope["type"]]:
                code = message.get("status", code)
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers.update(figures(self._identity, account))
                if self._lifecycle.leaving and scope["type"] == "http":
                    headers["connection"] = "close"
            await send(message)

        # A WebSocket is no request: what is said through it is, and whoever hears it counts that.
        if scope["type"] != "http" or not SPEECH_PATH.fullmatch(scope["path"]):
            await self._app(scope, receive, send_marked)
            return
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_marked)
        finally:
            self._metrics.in_flight.dec()
            code = account.code or code
            self._ledger.close(account, scope["path"], code, Headers(scope=scope), scope["method"])


def figures(identity: Identity, account: Account) -> dict[str, str]:
    """What every answer carries, by the names of its headers."""
    told = {
        REQUEST_ID: account.request_id,
        MODEL_NAME: identity.model_name,
        MODEL_VERSION: identity.model_version,
        POD_TEMPLATE_HASH: identity.pod_template_hash,
    }
    if account.audio_seconds is not None:
        told[AUDIO_SECONDS] = f"{account.audio_seconds:.3f}"
    if account.queue_seconds is not None:
        told[QUEUE_MILLISECONDS] = f"{account.queue_seconds * 1000:.3f}"
    if account.inference_seconds is not None:
        told[INFERENCE_MILLISECONDS] = f"{account.inference_seconds * 1000:.3f}"
    return told
