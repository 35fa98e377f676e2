"""What a load is: where, how fast, how long, with which clips; checked once at start. Sends nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from loadtest.errors import OptionError

DEFAULT_PATH = "/v1/models/asr:predict"
# The server serves both alike and counts `load` apart; a gateway removes the header that says so.
TRAFFIC = ("user", "load")
MAX_RATE_PER_SECOND = 500.0
MAX_DURATION_SECONDS = 4 * 3600.0
MAX_TIMEOUT_SECONDS = 600.0
# FastHttpUser's pool must hold whatever may be in flight, or the client itself becomes the queue; beyond
# this many sockets one process is not the right tool.
MAX_IN_FLIGHT = 10_000


@dataclass(frozen=True)
class LoadOptions:
    """One bounded open-loop load; `rate` in requests per second, `host_header` overrides the URL's host."""

    url: str
    audio: Path
    rate: float = 3.0
    duration_seconds: float = 60.0
    path: str = DEFAULT_PATH
    host_header: str | None = None
    timeout_seconds: float = 30.0
    seed: int = 0
    out: Path | None = None
    traffic: str = "user"

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme != "http" or not address.hostname:
            raise OptionError(f"url must be http://host[:port], not {self.url!r}")
        if address.path not in ("", "/") or address.query or address.fragment:
            raise OptionError(f"url must have no path (use --path for it), not {self.url!r}")
        if self.traffic not in TRAFFIC:
            raise OptionError(f"traffic must be one of {', '.join(TRAFFIC)}, not {self.traffic!r}")
        if not self.path.startswith("/"):
            raise OptionError(f"path must start with /, not {self.path!r}")
        _check_range("rate", self.rate, MAX_RATE_PER_SECOND, "requests a second")
        _check_range("duration", self.duration_seconds, MAX_DURATION_SECONDS, "seconds")
        _check_range("timeout", self.timeout_seconds, MAX_TIMEOUT_SECONDS, "seconds")
        if self.max_in_flight > MAX_IN_FLIGHT:
            raise OptionError(
                f"rate x timeout must be at most {MAX_IN_FLIGHT} requests in flight, not {self.max_in_flight}"
            )

    @property
    def base_url(self) -> str:
        """The URL without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def max_in_flight(self) -> int:
        """How many requests can be waiting at once: all that are sent until the first one times out."""
        return math.ceil(self.rate * self.timeout_seconds) + 1


def _check_range(name: str, value: float, highest: float, unit: str) -> None:
    if not 0 < value <= highest:
        raise OptionError(f"{name} must be above 0 and at most {highest:g} {unit}, not {value:g}")
