"""The gRPC listener: its port, its bounds and its end; knows no message."""

import grpc

from model_server.envelope import Identity
from model_server.errors import StartRefusedError
from model_server.lifecycle import Lifecycle, State
from model_server.protocols.grpc_health import Health
from model_server.protocols.grpc_v2 import SERVICE, InferenceService
from model_server.protocols.http import ServerParts

# A client's calls on one connection at a time; each may hold one message before it is admitted.
MAX_STREAMS = 64


class GrpcServer:
    """Listens beside the HTTP server, on the same event loop."""

    def __init__(self, server: ServerParts, identity: Identity):
        host, port = server.options.host, server.options.grpc_port
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._lifecycle: Lifecycle = server.lifecycle
        self._services = (
            InferenceService(server, identity).service(),
            Health(server.lifecycle, [SERVICE]).service(),
        )
        self._max_message_bytes = server.limits.max_body_bytes
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Listen, or a StartRefusedError; to be called on the loop that serves."""
        server = grpc.aio.server(
            options=(
                ("grpc.max_receive_message_length", self._max_message_bytes),
                ("grpc.max_concurrent_streams", MAX_STREAMS),
                # Otherwise two servers may share a port, and neither is told.
                ("grpc.so_reuseport", 0),
            )
        )
        server.add_generic_rpc_handlers(self._services)
        try:
            server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise StartRefusedError(f"cannot listen for gRPC on {self._address}: {error}") from error
        await server.start()
        self._server = server

    async def stop_when_closed(self, grace_seconds: float) -> None:
        """Once the lifecycle has closed: no new call; those running finish, at most in `grace_seconds`."""
        while self._lifecycle.state is not State.CLOSED:
            await self._lifecycle.next_change().wait()
        if self._server is not None:
            await self._server.stop(grace_seconds)
