"""What an engine process has to say, told as seldom as may be; knows nothing of what it says.

Each time the server is woken takes the processor from an engine where engines have them all.
"""

import socket

from model_server.inference.messages import SEPARATOR
from model_server.inference.settings import MESSAGE_BYTES


class Outbox:
    """Texts on their way to the server, several at a time."""

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._held = b""

    def hold(self, text: bytes) -> None:
        """Send it with those that follow."""
        if self._held and len(self._held) + len(SEPARATOR) + len(text) > MESSAGE_BYTES:
            self._send()
        self._held += SEPARATOR + text if self._held else text

    def send(self, text: bytes) -> None:
        """Send it, and all that was held before."""
        self.hold(text)
        self._send()

    def _send(self) -> None:
        # What cannot be sent is not tried again with the refusal that says so.
        held, self._held = self._held, b""
        self._connection.send(held)
