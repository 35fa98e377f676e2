"""An infer request as KServe's protobuf message, and the answer as one; knows no server and no status.

Tensors come as raw_input_contents, or typed: bytes_contents, fp32_contents, int_contents.
"""

from collections.abc import Iterable, Mapping, Sequence
from reprlib import repr as shown

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from model_server.content import Content
from model_server.errors import BadRequestError
from model_server.open_inference.outputs import OutputTensor
from model_server.open_inference.tensors import (
    BYTES,
    InferRequest,
    Output,
    Tensor,
    check_listed,
    check_unique,
    checked_datatype,
    checked_name,
    checked_shape,
    listed_data,
    raw_data,
)
from model_server.open_inference.wire import split

# Where a datatype's numbers are listed one by one.
TYPED_OUTPUTS = {"FP32": "fp32_contents", "BOOL": "bool_contents"}
TYPED = {"FP32": "fp32_contents", "INT16": "int_contents", "INT32": "int_contents"}


def read_message(data: bytes) -> tuple[pb.ModelInferRequest, list[memoryview]]:
    """The message of an infer request without its raw contents, and these, not copied."""
    head, raw = split(data)
    try:
        return pb.ModelInferRequest.FromString(head), raw
    except DecodeError as error:
        raise BadRequestError(f"the message cannot be read: {error}") from error


def read_infer(message: pb.ModelInferRequest, raw: Sequence[memoryview]) -> InferRequest:
    """The request in this message."""
    if raw and len(raw) != len(message.inputs):
        raise BadRequestError(f"{len(message.inputs)} inputs need as many raw_input_contents, not {len(raw)}")
    check_unique("input", (tensor.name for tensor in message.inputs))
    for output in message.outputs:
        if output.parameters:
            raise BadRequestError(
                f"output {shown(output.name)} takes no parameter, not {shown(min(output.parameters))}"
            )
    return InferRequest(
        id=checked_name("id", message.id),
        parameters=_parameters(message.parameters),
        inputs=tuple(
            _tensor(tensor, raw[index] if raw else None) for index, tensor in enumerate(message.inputs)
        ),
        outputs=tuple(Output(output.name, bool(raw)) for output in message.outputs),
        binary_outputs=bool(raw),
    )


def write_infer(
    model_name: str, model_version: str, request_id: str, tensors: Iterable[tuple[OutputTensor, bool]]
) -> pb.ModelInferResponse:
    """The answer's message, its tensors raw where they are to be binary; all or none are."""
    answer = pb.ModelInferResponse(model_name=model_name, model_version=model_version, id=request_id)
    for tensor, is_binary in tensors:
        output = answer.outputs.add(name=tensor.name, datatype=tensor.datatype, shape=[len(tensor.values)])
        if is_binary:
            answer.raw_output_contents.append(tensor.packed())
        elif tensor.datatype == BYTES:
            output.contents.bytes_contents.extend(str(value).encode() for value in tensor.values)
        else:
            getattr(output.contents, TYPED_OUTPUTS[tensor.datatype]).extend(tensor.values)
    return answer


def _tensor(given: pb.ModelInferRequest.InferInputTensor, raw: memoryview | None) -> Tensor:
    name = checked_name("a tensor's name", given.name)
    datatype = checked_datatype(name, given.datatype)
    shape = checked_shape(name, datatype, list(given.shape))
    if raw is None:
        data = _typed_data(given, datatype, shape)
    elif given.HasField("contents"):
        raise BadRequestError(f"tensor {given.name!r} has both contents and raw_input_contents")
    else:
        data = raw_data(given.name, datatype, shape, Content.of(raw))
    return Tensor(given.name, datatype, shape, _parameters(given.parameters), data)


def _typed_data(
    given: pb.ModelInferRequest.InferInputTensor, datatype: str, shape: tuple[int, ...]
) -> tuple[Content, ...]:
    kind = "bytes_contents" if datatype == BYTES else TYPED[datatype]
    strange = [field.name for field, _ in given.contents.ListFields() if field.name != kind]
    if strange:
        raise BadRequestError(f"tensor {given.name!r}: {datatype} must be in {kind}, not {strange[0]}")
    values = getattr(given.contents, kind)
    if datatype != BYTES:
        return (listed_data(given.name, datatype, shape, _numbers(given.name, values)),)
    if shape != (len(values),):
        raise BadRequestError(
            f"tensor {given.name!r}: shape {list(shape)} does not fit {len(values)} elements of contents"
        )
    return tuple(Content.of(element) for element in values)


def _numbers(name: str, values: Sequence[float]) -> npt.NDArray[np.float64]:
    check_listed(name, len(values))
    return np.fromiter(values, np.float64, len(values))


def _parameters(given: Mapping[str, pb.InferParameter]) -> dict[str, object]:
    return {name: _value(name, parameter) for name, parameter in given.items()}


def _value(name: str, parameter: pb.InferParameter) -> object:
    choice = parameter.WhichOneof("parameter_choice")
    if choice is None:
        raise BadRequestError(f"parameter {shown(name)} has no value")
    return getattr(parameter, choice)
