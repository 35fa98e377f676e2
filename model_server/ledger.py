"""Closes the account of every request for speech, whatever its protocol: counted, logged, traced."""

import re
import time
from collections.abc import Callable, Mapping

from model_server.account import Account
from model_server.log import LOGGER
from model_server.metrics import Metrics

LOGGED_PATH_CHARACTERS = 200
NAME_IN_PATH = re.compile(r"(?<=/models/)[^/:]+|(?<=/versions/)[^/]+")
# An answered request with its method, route, status code and headers.
Trace = Callable[[Account, str, str, int, Mapping[str, str]], None]


class Ledger:
    """Where accounts are closed; without a `trace` no spans are told."""

    def __init__(self, metrics: Metrics, trace: Trace | None = None):
        self._metrics = metrics
        self._trace = trace

    def close(
        self,
        account: Account,
        path: str,
        code: int,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> None:
        """Take in a request answered with this code; `headers` (lower case) may name its trace's parent."""
        now = time.monotonic()
        self._metrics.count_answer(account, code, account.served_seconds(now))
        LOGGER.info(
            "request",
            extra={
                "request_id": account.request_id,
                "path": path[:LOGGED_PATH_CHARACTERS],
                "traffic": account.traffic,
                "code": code,
                "reason": account.reason,
                "seconds": round(now - account.started, 4),
                "audio_seconds": account.audio_seconds,
                "queue_seconds": account.queue_seconds,
                "inference_seconds": account.inference_seconds,
                **({} if account.logged_texts is None else {"transcripts": account.logged_texts}),
            },
        )
        if self._trace is not None:
            self._trace(account, method, NAME_IN_PATH.sub("{name}", path), code, headers or {})
