"""The command line: `python -m loadtest --url http://127.0.0.1:30080 --audio DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadtest.clips import read_clips
from loadtest.errors import LoadTestError, TooFewRequests
from loadtest.options import DEFAULT_PATH, MAX_DURATION_SECONDS, TRAFFIC, LoadOptions

FAILED = 1
WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one load; 0 when it did what was asked, 1 when not, 2 when the options are wrong."""
    asked = _parser().parse_args(arguments)
    try:
        options = LoadOptions(
            url=asked.url,
            audio=asked.audio,
            rate=asked.rate,
            duration_seconds=asked.duration,
            path=asked.path,
            host_header=asked.host,
            timeout_seconds=asked.timeout_seconds,
            seed=asked.seed,
            out=asked.out,
            traffic=asked.traffic,
        )
        clips = read_clips(options.audio)
        # Imported late: Locust patches the standard library for gevent, which --help need not wait for.
        from loadtest.run import run_load

        summary = run_load(options, clips)
    except LoadTestError as error:
        print(f"loadtest: {error}", file=sys.stderr)
        return WRONG_USE
    print(json.dumps(summary, indent=2))
    try:
        check(summary, min_requests=asked.min_requests, fail_on_errors=asked.fail_on_errors)
    except LoadTestError as error:
        print(f"loadtest: {error}", file=sys.stderr)
        return FAILED
    return 0


def check(summary: dict[str, Any], *, min_requests: int, fail_on_errors: bool) -> None:
    """Raise where the load sent fewer requests than asked, or, if asked to look, where any failed."""
    if summary["sent"] < min_requests:
        raise TooFewRequests(f"{summary['sent']} requests were sent; at least {min_requests} were asked for")
    if fail_on_errors and summary["failed"]:
        raise LoadTestError(f"{summary['failed']} of {summary['sent']} requests failed; 0 are allowed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest", description="Open-loop speech load, by Locust."
    )
    parser.add_argument("--url", required=True, help="http://host[:port] of the gateway or the server")
    parser.add_argument(
        "--audio", required=True, type=Path, metavar="DIR", help="folder of WAV files to speak"
    )
    parser.add_argument("--rate", type=float, default=3.0, help="requests a second (default 3)")
    parser.add_argument(
        "--duration",
        type=float,
        default=60.0,
        metavar="S",
        help=f"seconds to send for (default 60, at most {MAX_DURATION_SECONDS:g})",
    )
    parser.add_argument("--path", default=DEFAULT_PATH, help=f"default {DEFAULT_PATH}")
    parser.add_argument("--host", metavar="NAME", help="Host header, where it is not the URL's own")
    parser.add_argument(
        "--timeout-seconds", type=float, default=30.0, metavar="S", help="for each request (default 30)"
    )
    parser.add_argument("--seed", type=int, default=0, help="decides the order of the clips (default 0)")
    parser.add_argument(
        "--traffic",
        choices=TRAFFIC,
        default="user",
        help="as what the server counts it, in-cluster only (default user)",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="a JSON line for each request, written live")
    parser.add_argument(
        "--min-requests", type=int, default=1, metavar="N", help="exit 1 when fewer were sent"
    )
    parser.add_argument("--fail-on-errors", action="store_true", help="exit 1 when any request failed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
