"""An ASGI application behind the server's own connections and WebSockets, on loopback; no model."""

import socket
import threading
from functools import partial

import uvicorn

from model_server.connection import BoundedConnection
from model_server.protocols import realtime_socket

HEAD_SECONDS = 5.0
# Only an application that never ends takes so long.
STOP_SECONDS = 5


class AsgiServer:
    """Serves from entering to leaving a `with`."""

    def __init__(self, app):
        config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=STOP_SECONDS)
        realtime_socket.configure(config)
        config.http = partial(BoundedConnection, head_seconds=HEAD_SECONDS)
        self._server = uvicorn.Server(config)
        # Clients wait in its backlog until the server runs.
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join()

    def connect(self):
        return socket.create_connection(self.address, timeout=30)

    @property
    def url(self):
        return "http://{}:{}".format(*self.address)

    @property
    def ws_url(self):
        return "ws://{}:{}".format(*self.address)
