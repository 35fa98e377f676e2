"""One request's fate as one JSON line, written as soon as it is known so that others can follow live."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from loadtest.errors import OptionError

OK = 200

# Headers of every answer: the request's name, and who gave it.
REQUEST_ID = "x-request-id"
MODEL_VERSION = "x-serinus-model-version"
POD_TEMPLATE_HASH = "x-serinus-pod-template-hash"
# Of a request: whose it is, where it is no user's.
PROBE = "x-serinus-probe"


@dataclass(frozen=True)
class RequestRecord:
    """Who answered, how, and how long after the request was due; status 0 means no answer came."""

    t: float
    latency_seconds: float
    status: int
    pod_template_hash: str
    model_version: str
    request_id: str
    error: str

    @property
    def failed(self) -> bool:
        """Whether the user got no transcript: no answer, not a 200, or a 200 that holds none."""
        return self.status != OK or bool(self.error)

    def to_line(self) -> str:
        """The record as one line of JSON, newline included."""
        return json.dumps(asdict(self)) + "\n"


class RequestLog:
    """An open file of request records, flushed line by line; without a path it writes nothing.

    Raises OptionError where the path cannot be written."""

    def __init__(self, path: Path | None) -> None:
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = None if path is None else path.open("w", encoding="utf-8")
        except OSError as error:
            raise OptionError(f"--out must be a file to write, not {path} ({error.strerror})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, record: RequestRecord) -> None:
        """Append the record; it is on its way to readers when this returns."""
        if self._file is not None:
            self._file.write(record.to_line())
            self._file.flush()
