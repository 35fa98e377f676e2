"""KServe V2 over gRPC: inference.GRPCInferenceService with KServe's own messages; knows no HTTP."""

from typing import Any

import grpc
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from model_server.account import Account
from model_server.envelope import Identity
from model_server.errors import NotFoundError
from model_server.open_inference import metadata
from model_server.open_inference.grpc_message import read_infer, read_message, write_infer
from model_server.open_inference.tensors import InferRequest
from model_server.protocols import v2_infer
from model_server.protocols.grpc_calls import Calls
from model_server.protocols.http import ServerParts

SERVICE = "inference.GRPCInferenceService"
ONE_MODEL = "a pod serves one model from its start to its end; a new version is a new pod"


class InferenceService:
    """The service of one served model."""

    def __init__(self, server: ServerParts, identity: Identity):
        self._server = server
        self._calls = Calls(identity, server.metrics, server.ledger, server.options.caller_header)

    def service(self) -> grpc.GenericRpcHandler:
        """The service, to be added to a server."""
        methods = {
            "ServerLive": _method(self.server_live, pb.ServerLiveRequest),
            "ServerReady": _method(self.server_ready, pb.ServerReadyRequest),
            "ModelReady": _method(self.model_ready, pb.ModelReadyRequest),
            "ServerMetadata": _method(self.server_metadata, pb.ServerMetadataRequest),
            "ModelMetadata": _method(self.model_metadata, pb.ModelMetadataRequest),
            # Its message is read only once its cost is known: open_inference/wire.py.
            "ModelInfer": grpc.unary_unary_rpc_method_handler(
                self.model_infer, response_serializer=pb.ModelInferResponse.SerializeToString
            ),
            "RepositoryModelLoad": _method(self.repository, pb.RepositoryModelLoadRequest),
            "RepositoryModelUnload": _method(self.repository, pb.RepositoryModelUnloadRequest),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def server_live(self, request: pb.ServerLiveRequest, context: Any) -> pb.ServerLiveResponse:
        """The event loop answers."""
        return pb.ServerLiveResponse(live=True)

    async def server_ready(self, request: pb.ServerReadyRequest, context: Any) -> pb.ServerReadyResponse:
        """Whether new users should be sent here."""
        return pb.ServerReadyResponse(ready=self._server.lifecycle.ready)

    async def model_ready(self, request: pb.ModelReadyRequest, context: Any) -> pb.ModelReadyResponse:
        """The same, for the model served."""
        await self._check_model(request, context)
        return pb.ModelReadyResponse(ready=self._server.lifecycle.ready)

    async def server_metadata(
        self, request: pb.ServerMetadataRequest, context: Any
    ) -> pb.ServerMetadataResponse:
        """What the server is."""
        return pb.ServerMetadataResponse(**metadata.server_metadata())

    async def model_metadata(
        self, request: pb.ModelMetadataRequest, context: Any
    ) -> pb.ModelMetadataResponse:
        """The model's tensors."""
        await self._check_model(request, context)
        artefact = self._server.artefact
        described = metadata.model_metadata(self._server.served_name, artefact.version, artefact.engine)
        return pb.ModelMetadataResponse(**described)

    async def model_infer(self, request: bytes, context: grpc.aio.ServicerContext) -> pb.ModelInferResponse:
        """Clips in, transcripts out."""
        return await self._calls.answer(f"/{SERVICE}/ModelInfer", self._infer, request, context)

    async def repository(self, request: Any, context: grpc.aio.ServicerContext) -> None:
        """Models come and go with pods."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, ONE_MODEL)

    async def _infer(self, data: bytes, account: Account) -> pb.ModelInferResponse:
        def read() -> InferRequest:
            message, raw = read_message(data)
            v2_infer.check_model(self._server, message.model_name, message.model_version)
            return read_infer(message, raw)

        server = self._server
        server.lifecycle.check_open()
        with server.room.share(str(len(data))) as share:
            share.take(len(data))
            account.take()
            answer = await v2_infer.infer(server, read, len(data), account)
        return write_infer(server.served_name, server.artefact.version, answer.id, answer.tensors)

    async def _check_model(self, request: Any, context: grpc.aio.ServicerContext) -> None:
        try:
            v2_infer.check_model(self._server, request.name, request.version)
        except NotFoundError as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, error.sentence)


def _method(behaviour: Any, request: Any) -> grpc.RpcMethodHandler:
    # Whatever a behaviour returns, it is a message.
    return grpc.unary_unary_rpc_method_handler(
        behaviour, request.FromString, lambda message: message.SerializeToString()
    )
