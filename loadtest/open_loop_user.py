"""The Locust user that keeps an absolute schedule: one greenlet dispatches, each request has its own.

Locust's usual users are a closed loop: a stalled server slows them down, and the requests that would have
suffered are never sent. Here a request leaves when it is due, and its latency counts from then, in Locust's
statistics as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import gevent.pool
from gevent.event import Event
from locust import FastHttpUser, task
from locust.exception import StopUser

from loadtest.clips import Clip
from loadtest.options import LoadOptions
from loadtest.records import MODEL_VERSION, OK, POD_TEMPLATE_HASH, PROBE, REQUEST_ID, RequestRecord
from loadtest.schedule import Schedule, is_late

ERROR_CHARACTERS = 300


@dataclass
class Load:
    """One load under way: what it was asked for, where records go, and what it has sent so far."""

    options: LoadOptions
    clips: Iterator[Clip]
    record: Callable[[RequestRecord], None]
    stop: Event = field(default_factory=Event)
    finished: Event = field(default_factory=Event)
    sent: int = 0
    late: int = 0
    last_sent_seconds: float = 0.0

    @property
    def schedule(self) -> Schedule:
        """When the requests are due."""
        return Schedule(self.options.rate, self.options.duration_seconds)


# Locust ships no types that mypy is told to follow.
class OpenLoopUser(FastHttpUser):  # type: ignore[misc]
    """All the users there are; run exactly one of it. A subclass carries the `load`."""

    abstract = True
    load: Load

    @classmethod
    def carrying(cls, load: Load) -> type[OpenLoopUser]:
        """A user class for this load; its connection pool holds all that may be in flight."""
        settings = {
            "abstract": False,
            "load": load,
            "host": load.options.base_url,
            "concurrency": load.options.max_in_flight,
            "network_timeout": load.options.timeout_seconds,
            "connection_timeout": load.options.timeout_seconds,
        }
        return type("AsrUser", (cls,), settings)

    @task  # type: ignore[untyped-decorator]
    def keep_schedule(self) -> None:
        """Send every request when it is due, wait for the last answers, and end."""
        load, in_flight = self.load, gevent.pool.Group()
        started, started_epoch = time.monotonic(), time.time()
        try:
            for due in load.schedule.due_seconds():
                if load.stop.wait(timeout=max(0.0, started + due - time.monotonic())):
                    break
                load.last_sent_seconds = time.monotonic() - started
                load.late += is_late(due, load.last_sent_seconds)
                load.sent += 1
                in_flight.spawn(self._send, next(load.clips), started + due, started_epoch + due)
        finally:
            in_flight.join(timeout=load.options.timeout_seconds + 5)
            load.finished.set()
        raise StopUser

    def _send(self, clip: Clip, due: float, due_epoch: float) -> None:
        options = self.load.options
        headers = {"Content-Type": "audio/wav"}
        if options.host_header:
            headers["Host"] = options.host_header
        if options.traffic != "user":
            headers[PROBE] = options.traffic
        with self.client.post(options.path, data=clip.body, headers=headers, catch_response=True) as answer:
            latency_seconds = time.monotonic() - due
            error = _error_of(answer.status_code, answer.content, getattr(answer, "error", None))
            answer.request_meta["response_time"] = latency_seconds * 1000
            if error:
                answer.failure(error)
            else:
                answer.success()
        found = answer.headers or {}
        self.load.record(
            RequestRecord(
                t=due_epoch,
                latency_seconds=latency_seconds,
                status=answer.status_code,
                pod_template_hash=found.get(POD_TEMPLATE_HASH, ""),
                model_version=found.get(MODEL_VERSION, ""),
                request_id=found.get(REQUEST_ID, ""),
                error=error,
            )
        )


def _error_of(status: int, body: bytes | None, cause: Exception | None) -> str:
    if status == 0:
        return f"no answer: {type(cause).__name__}: {cause}"[:ERROR_CHARACTERS]
    if status != OK:
        return f"status {status}: {(body or b'').decode(errors='replace')}"[:ERROR_CHARACTERS]
    return "" if _holds_transcript(body or b"") else "status 200 without a transcript"


def _holds_transcript(body: bytes) -> bool:
    try:
        prediction = json.loads(body)["predictions"][0]
        return isinstance(prediction["text"], str)
    except (ValueError, LookupError, TypeError):
        return False
