"""The time box: results, nothing, late or failed; never an exception, always counted."""

import asyncio

import pytest

from model_server.errors import SearchError
from model_server.search.search import Result
from model_server.search.time_box import TimeBox

RESULT = Result("1", "Red shoes", "Running shoes", 1.5)


class Scripted:
    """A search that does as told."""

    def __init__(self, answer):
        self._answer = answer

    async def find(self, text, limit):
        if isinstance(self._answer, Exception):
            raise self._answer
        if self._answer is None:
            await asyncio.Event().wait()
        return self._answer

    async def close(self):
        pass


def boxed(answer, text="red shoes"):
    counted = []
    box = TimeBox(Scripted(answer), 5, 0.02, counted.append)
    findings = asyncio.run(box.find(text, "r1"))
    return findings.fields(), counted


@pytest.mark.parametrize(
    ("answer", "text", "fields", "outcome"),
    [
        (
            [RESULT],
            "red",
            {"results": [{"id": "1", "title": "Red shoes", "snippet": "Running shoes", "score": 1.5}]},
            "found",
        ),
        ([], "red", {"results": []}, "nothing"),
        ([RESULT], " ", {"results": []}, "nothing"),
        (None, "red", {"results": None, "search_error": "the search took longer than 20 ms"}, "late"),
        (SearchError("no engine"), "red", {"results": None, "search_error": "no engine"}, "failed"),
        (
            ZeroDivisionError(),
            "red",
            {"results": None, "search_error": "internal error; the log has it under request id r1"},
            "failed",
        ),
    ],
)
def test_whatever_a_search_does_is_an_answer_and_counted(answer, text, fields, outcome):
    assert boxed(answer, text) == (fields, [outcome])
