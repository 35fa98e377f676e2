"""A receiver of CloudEvents on loopback, as somebody would run one: a real HTTP server."""

import json
import threading

import pytest

from tests.loopback import Loopback


class Receiver(Loopback):
    """Answers each POST with the next of `codes` (204 when they are used up) and keeps the events."""

    def __init__(self):
        super().__init__()
        self.url += "/events"
        self.events, self.codes, self.content_types = [], [], []
        self.held = threading.Event()
        self.held.set()

    def answer(self, path, headers, body):
        event = json.loads(body)
        self.held.wait(10)
        code = self.codes.pop(0) if self.codes else 204
        if code == 204:
            self.events.append(event)
            self.content_types.append(headers["content-type"])
        return code, {}, b""

    def __exit__(self, *error):
        self.held.set()
        super().__exit__(*error)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver
