"""The same load for Locust's own command: web page, CSV files, reports.

    locust -f loadtest/locustfile.py --headless -u 1 --host http://127.0.0.1:30080 --audio DIR --rate 3

Run one user (-u 1): the rate is the schedule's, not the number of users'.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gevent
from locust import events

from loadtest.clips import endless_order, read_clips
from loadtest.open_loop_user import Load, OpenLoopUser
from loadtest.options import DEFAULT_PATH, LoadOptions
from loadtest.records import RequestLog


class AsrUser(OpenLoopUser):
    """What Locust finds in this file; it gets its load when Locust has read its options."""


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: Any) -> None:
    """Add this load's options to Locust's own."""
    parser.add_argument("--audio", type=str, default="", help="folder of WAV files to speak")
    parser.add_argument("--rate", type=float, default=3.0, help="requests a second")
    parser.add_argument("--duration", type=float, default=60.0, help="seconds to send for")
    parser.add_argument("--path", type=str, default=DEFAULT_PATH, help="path of the requests")
    parser.add_argument("--host-header", type=str, default="", help="Host header, where not the URL's own")
    parser.add_argument("--seed", type=int, default=0, help="decides the order of the clips")
    parser.add_argument("--out", type=str, default="", help="file for a JSON line per request")


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def prepare(environment: Any, **_: Any) -> None:
    """Give the user class a new load each time a test starts."""
    asked = environment.parsed_options
    options = LoadOptions(
        url=environment.host or "",
        audio=Path(asked.audio),
        rate=asked.rate,
        duration_seconds=asked.duration,
        path=asked.path,
        host_header=asked.host_header or None,
        seed=asked.seed,
        out=Path(asked.out) if asked.out else None,
    )
    log = RequestLog(options.out)
    AsrUser.load = Load(options, endless_order(read_clips(options.audio), options.seed), log.write)
    AsrUser.concurrency = options.max_in_flight
    AsrUser.network_timeout = AsrUser.connection_timeout = options.timeout_seconds
    if environment.web_ui is None:
        gevent.spawn(_quit_when_finished, environment, AsrUser.load)


def _quit_when_finished(environment: Any, load: Load) -> None:
    load.finished.wait()
    environment.runner.quit()


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def close(**_: Any) -> None:
    """Stop sending, so that what is in flight can end."""
    AsrUser.load.stop.set()
