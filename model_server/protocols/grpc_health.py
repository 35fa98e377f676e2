"""The gRPC health service (grpc.health.v1), told by the lifecycle alone; knows no model and no load.

https://github.com/grpc/grpc/blob/master/doc/health-checking.md. The servicer of grpcio-health-checking is
not used: of two that watch a service, the second hears nothing more once the first has left.
"""

from collections.abc import AsyncIterator, Collection

import grpc
from grpc_health.v1 import health_pb2

from model_server.lifecycle import Lifecycle, State

SERVICE = "grpc.health.v1.Health"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


class Health:
    """Check and Watch of the named services; "" is the server's own name."""

    def __init__(self, lifecycle: Lifecycle, services: Collection[str]):
        self._lifecycle = lifecycle
        self._services = {"", *services}

    def service(self) -> grpc.GenericRpcHandler:
        """The service, to be added to a server."""
        request = health_pb2.HealthCheckRequest.FromString
        response = health_pb2.HealthCheckResponse.SerializeToString
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Check": grpc.unary_unary_rpc_method_handler(self.check, request, response),
                "Watch": grpc.unary_stream_rpc_method_handler(self.watch, request, response),
            },
        )

    async def check(
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """Whether new users should be sent here; NOT_FOUND for another service."""
        if request.service not in self._services:
            await context.abort(
                grpc.StatusCode.NOT_FOUND, f"there is no service {request.service[:100]!r} here"
            )
        return self._response(request.service)

    async def watch(
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """The same now and at each change, until the server closes."""
        last = None
        while True:
            change = self._lifecycle.next_change()
            response = self._response(request.service)
            if response != last:
                yield response
            if self._lifecycle.state is State.CLOSED:
                return
            last = response
            await change.wait()

    def _response(self, service: str) -> health_pb2.HealthCheckResponse:
        if service not in self._services:
            return health_pb2.HealthCheckResponse(status=SERVICE_UNKNOWN)
        return health_pb2.HealthCheckResponse(status=SERVING if self._lifecycle.ready else NOT_SERVING)
