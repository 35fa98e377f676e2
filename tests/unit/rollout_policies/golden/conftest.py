"""A server on loopback that gives archives as told."""

from collections.abc import Iterator
from email.message import Message

import pytest

from tests.loopback import Answer, Loopback


class FileServer(Loopback):
    """Answers each GET of a path by the next of its `answers`, the last one again and again; keeps what was
    asked."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []

    def answer(self, path: str, headers: Message, body: bytes) -> Answer:
        self.asked.append(path)
        known = self.answers.get(path, [(404, {}, b"")])
        return known.pop(0) if len(known) > 1 else known[0]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running
