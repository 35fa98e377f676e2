"""The log: one JSON object a line on stderr; no header but the request id, no transcript unless asked for."""

import json
import logging
import sys
import time

LOGGER = logging.getLogger("serinus")
# Attributes every record has; what a caller adds by `extra` is the rest.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure() -> None:
    """Send everything to stderr as JSON lines; libraries from warnings on, requests are logged by us."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[output], force=True)
    logging.captureWarnings(True)
    LOGGER.setLevel(logging.INFO)
    # A logger with a handler of its own is one that the SDK leaves as it is.
    kserve = logging.getLogger("kserve")
    kserve.addHandler(output)
    kserve.propagate = False
    kserve.setLevel(logging.WARNING)
    access = logging.getLogger("uvicorn.access")
    access.propagate = False
    access.disabled = True
