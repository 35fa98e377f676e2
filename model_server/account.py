"""What is known of one request while it is answered: the headers, the metrics and the log read it here."""

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from model_server.errors import BadRequestError, RefusedError

REQUEST_ID = "x-request-id"
PROBE = "x-serinus-probe"
TIMEOUT_MILLISECONDS = "x-request-timeout-ms"
USER_TRAFFIC, PROBE_TRAFFIC = "user", "probe"
LOAD_TRAFFIC = "load"  # a load test's, served as a user's and counted apart
PARTIAL_TRAFFIC = "partial"  # what a realtime session asks for itself while one speaks
# By the value of the header PROBE; whoever bears another is a user.
PROBES = {"golden": PROBE_TRAFFIC, "load": LOAD_TRAFFIC}
MAX_REQUEST_ID_CHARACTERS = 128
MAX_TIMEOUT_MILLISECONDS = 3_600_000


@dataclass
class Account:
    """One request; figures are None until known, times are in seconds.

    `started` is when its headers came, `taken` when its body was whole: until then its time is the
    client's own. `timeout` is what its header says of how long it may wait, `patience_seconds` what its
    protocol says of it; `caller` is who it says it is. `code` is that of its failure, which an answer
    begun earlier cannot tell any more. `logged_texts` are the words for the log, None unless
    --log-transcripts.
    """

    request_id: str
    traffic: str
    timeout: str | None = None
    caller: str = ""
    patience_seconds: float = inf
    started: float = field(default_factory=time.monotonic)
    taken: float | None = None
    reason: str = "ok"
    code: int | None = None
    audio_seconds: float | None = None
    queue_seconds: float | None = None
    inference_seconds: float | None = None
    stage_seconds: dict[str, float] = field(default_factory=dict)
    logged_texts: list[str] | None = None

    def take(self) -> None:
        """The body is whole: from now on the time is the server's."""
        self.taken = time.monotonic()

    def fail(self, error: RefusedError) -> None:
        """It ends with this error, whatever its answer began with."""
        self.reason, self.code = error.reason, error.code

    def served_seconds(self, now: float) -> float:
        """How long the server had the request by `now` (monotonic), its upload apart."""
        return now - (self.started if self.taken is None else self.taken)

    def deadline_seconds(self, longest: float) -> float:
        """How long it may wait for its turn: as long as it says, and no longer than `longest`."""
        longest = min(longest, self.patience_seconds)
        if self.timeout is None:
            return longest
        whole = re.fullmatch(r"[0-9]{1,7}", self.timeout) is not None
        if not whole or not 1 <= int(self.timeout) <= MAX_TIMEOUT_MILLISECONDS:
            raise BadRequestError(
                f"{TIMEOUT_MILLISECONDS} must be a whole number from 1 to {MAX_TIMEOUT_MILLISECONDS}, "
                f"not {self.timeout!r}"
            )
        return min(int(self.timeout) / 1000, longest)


def open_account(headers: Mapping[str, str], caller_header: str | None = None) -> Account:
    """The account of a request with these headers (names in lower case)."""
    traffic = PROBES.get(headers.get(PROBE, ""), USER_TRAFFIC)
    caller = headers.get(caller_header, "") if caller_header else ""
    return Account(
        request_id(headers.get(REQUEST_ID, "")), traffic, headers.get(TIMEOUT_MILLISECONDS), caller
    )


def request_id(given: str) -> str:
    """The id given if it is 1 to 128 printable ASCII characters, else a new one."""
    if 1 <= len(given) <= MAX_REQUEST_ID_CHARACTERS and given.isascii() and given.isprintable():
        return given
    return str(uuid.uuid4())
