"""The log: one JSON object a line, with what the caller adds."""

import json
import logging
import sys

from model_server.log import JsonLines


def test_line_is_json_with_the_extras():
    record = logging.makeLogRecord(
        {"msg": "request %s", "args": ("done",), "request_id": "r1", "name": "serinus"}
    )

    line = json.loads(JsonLines().format(record))

    assert (line["message"], line["request_id"], line["logger"]) == ("request done", "r1", "serinus")
    assert line["time"].endswith("Z")


def test_exception_stays_on_the_line():
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})

    formatted = JsonLines().format(record)

    assert "\n" not in formatted
    assert "ValueError" in json.loads(formatted)["exception"]
