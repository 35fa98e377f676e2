"""Runs one bounded load with Locust as a library, in this process, and sums it up."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from typing import Any

import gevent
from locust.env import Environment

from loadtest.clips import Clip, endless_order
from loadtest.open_loop_user import Load, OpenLoopUser
from loadtest.options import LoadOptions
from loadtest.records import RequestLog, RequestRecord
from loadtest.summary import Dispatched, summarise

# Beyond the schedule and the last request's timeout nothing can be waiting.
GRACE_SECONDS = 30.0


def run_load(options: LoadOptions, clips: Sequence[Clip]) -> dict[str, Any]:
    """Send the load and return its summary; SIGTERM and SIGINT stop sending, and what is in flight ends."""
    records: list[RequestRecord] = []
    with RequestLog(options.out) as log:

        def record(one: RequestRecord) -> None:
            records.append(one)
            log.write(one)

        load = Load(options, endless_order(clips, options.seed), record)
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, load.stop.set)
        started = time.monotonic()
        _drive(load)
    sent = Dispatched(
        due=load.schedule.count,
        sent=load.sent,
        late=load.late,
        last_sent_seconds=load.last_sent_seconds,
        seconds=time.monotonic() - started,
        ended_by="signal" if load.stop.is_set() else "schedule",
    )
    return summarise(records, options=options, sent=sent)


def _drive(load: Load) -> None:
    environment = Environment(
        user_classes=[OpenLoopUser.carrying(load)], stop_timeout=load.options.timeout_seconds
    )
    runner = environment.create_local_runner()
    runner.start(user_count=1, spawn_rate=1)
    load.finished.wait(load.options.duration_seconds + load.options.timeout_seconds + GRACE_SECONDS)
    runner.quit()
