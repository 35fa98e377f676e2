"""How uvicorn is to treat WebSockets: small messages, no compression, and nobody waited for for ever.

Knows nothing of sessions.
"""

from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# 16 s of 24 kHz speech in base64; a client's library sends a tenth of a second at a time.
MAX_MESSAGE_BYTES = 1_048_576
# A client that vanished without a word is noticed after both; not while nothing is read of what it sent.
PING_SECONDS, PONG_SECONDS = 10.0, 10.0
# How long a closed socket may take to deliver its last bytes, and its client to say goodbye.
LINGER_SECONDS = 10.0


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket, which alone would keep the socket of a client that reads nothing."""

    def shutdown(self) -> None:
        """Leave it to a session under way to say its last words: it knows that the server ends."""
        if self.close_sent or not self.handshake_complete:
            super().shutdown()

    def keepalive_timeout(self) -> None:
        """Give up a client without a pong, unless we do not read: it may have sent one."""
        if self.read_paused:
            self.pong_timer = self.pending_ping_payload = None
            self.schedule_ping()
        else:
            super().keepalive_timeout()

    async def receive(self) -> Any:
        """Receive; a client whose message is taken is there, and has all the time for its pong again."""
        message = await super().receive()
        if self.pong_timer is not None:
            self.pong_timer.cancel()
            self.pong_timer = self.loop.call_later(PONG_SECONDS, self.keepalive_timeout)
        return message

    async def send(self, message: Any) -> None:
        """Send; a handshake that was refused is over, too, and no error of the application's."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    async def run_asgi(self) -> None:
        """Run the application, then let the socket linger no longer than it may."""
        await super().run_asgi()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def configure(config: uvicorn.Config) -> None:
    """Make a configuration so, before it is loaded."""
    config.ws = BoundedWebSocket
    config.ws_max_size = MAX_MESSAGE_BYTES
    config.ws_per_message_deflate = False
    config.ws_ping_interval, config.ws_ping_timeout = PING_SECONDS, PONG_SECONDS
