"""An infer request over HTTP: JSON, behind it the binary tensors it announces; and the answer likewise.

Data given in the JSON is read so: numbers as numbers, flat or as [[...]] for a shape of [1, n]; BYTES as
base64 of each sound file. Knows nothing of what the tensors mean, and of HTTP only the header that tells
the JSON's length.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from reprlib import repr as shown
from typing import Any

import numpy as np
import orjson

from model_server.content import Content
from model_server.errors import BadRequestError
from model_server.open_inference.clips import BINARY_OUTPUTS, BINARY_SIZE
from model_server.open_inference.outputs import OutputTensor
from model_server.open_inference.tensors import (
    BYTES,
    MAX_ELEMENTS,
    MAX_LISTED_NUMBERS,
    InferRequest,
    Output,
    Tensor,
    check_unique,
    checked_datatype,
    checked_name,
    checked_shape,
    listed_data,
    raw_data,
)

HEADER_LENGTH = "inference-header-content-length"
# What makes objects of a JSON text. A tensor needs some ten; the rest is for what others send.
MAX_MARKS = 256
MAX_COMMAS = MAX_LISTED_NUMBERS + MAX_MARKS
BINARY_DATA = "binary_data"


def read_infer(body: Content, header_length: str | None) -> InferRequest:
    """The request in this body, whose JSON is `header_length` bytes long, or all of it if that is None."""
    size = body.size if header_length is None else _header_length(header_length, body.size)
    document = _document(body.buffer()[:size])
    parameters = _mapping(document.get("parameters", {}), "parameters")
    binary = body.part(size, body.size - size)
    inputs, used = [], 0
    for given in _objects(document.get("inputs"), "inputs"):
        tensor, taken = _tensor(given, binary, used)
        inputs.append(tensor)
        used += taken
    if used != binary.size:
        raise BadRequestError(
            f"the inputs announce {used} bytes of binary data, but {binary.size} follow the JSON"
        )
    check_unique("input", (tensor.name for tensor in inputs))
    asked = document.get("outputs")
    every_binary = _flag(parameters, BINARY_OUTPUTS, False)
    return InferRequest(
        id=checked_name("id", document.get("id", "")),
        parameters=parameters,
        inputs=tuple(inputs),
        outputs=None
        if asked is None
        else tuple(_output(given, every_binary) for given in _objects(asked, "outputs")),
        binary_outputs=every_binary,
    )


def write_infer(
    model_name: str, model_version: str, request_id: str, tensors: Sequence[tuple[OutputTensor, bool]]
) -> tuple[bytes, int | None]:
    """The answer's body and, where tensors are binary, the length of its JSON."""
    outputs: list[dict[str, Any]] = []
    binary = []
    for tensor, is_binary in tensors:
        output: dict[str, Any] = {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": [len(tensor.values)],
        }
        if is_binary:
            binary.append(tensor.packed())
            output["parameters"] = {BINARY_SIZE: len(binary[-1])}
        else:
            output["data"] = tensor.values
        outputs.append(output)
    document = {
        "model_name": model_name,
        "model_version": model_version,
        "id": request_id,
        "outputs": outputs,
    }
    header = orjson.dumps(document)
    return b"".join([header, *binary]), len(header) if binary else None


def _header_length(text: str, body_size: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(body_size)) or int(text) > body_size:
        raise BadRequestError(
            f"{HEADER_LENGTH} must be a whole number up to the body's {body_size} bytes, not {shown(text)}"
        )
    return int(text)


def _document(text: memoryview) -> Mapping[str, Any]:
    # Before anything is made of it: two bytes of text can be tens of bytes of objects.
    header = bytes(text)
    marks, commas = header.count(b"{") + header.count(b"["), header.count(b",")
    if marks > MAX_MARKS or commas > MAX_COMMAS:
        raise BadRequestError(
            f"the JSON must have at most {MAX_MARKS} braces and brackets and {MAX_COMMAS} commas, "
            f"not {marks} and {commas}; send long tensors as binary data"
        )
    try:
        document = orjson.loads(header)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    return _mapping(document, "the body")


def _tensor(given: Mapping[str, Any], binary: Content, at: int) -> tuple[Tensor, int]:
    """The input, and how many bytes of the binary data from `at` on are its."""
    name = checked_name("a tensor's name", given.get("name"))
    datatype = checked_datatype(name, given.get("datatype"))
    shape = given.get("shape")
    if not isinstance(shape, list):
        raise BadRequestError(f"tensor {name!r}: shape must be a list, not {shown(shape)}")
    sizes = checked_shape(name, datatype, shape)
    parameters = _mapping(given.get("parameters", {}), f"parameters of {name!r}")
    if BINARY_SIZE not in parameters:
        data = _json_data(name, datatype, sizes, given.get("data"))
        return Tensor(name, datatype, sizes, parameters, data), 0
    if "data" in given:
        raise BadRequestError(f"tensor {name!r} has both data and {BINARY_SIZE}")
    size = parameters[BINARY_SIZE]
    if type(size) is not int or not 0 <= size <= binary.size - at:
        raise BadRequestError(
            f"tensor {name!r}: {BINARY_SIZE} must be 0 to {binary.size - at}, not {shown(size)}"
        )
    data = raw_data(name, datatype, sizes, binary.part(at, size))
    return Tensor(name, datatype, sizes, parameters, data), size


def _json_data(name: str, datatype: str, shape: tuple[int, ...], data: object) -> tuple[Content, ...]:
    if not isinstance(data, list):
        raise BadRequestError(
            f"tensor {name!r} must have a list as data, or {BINARY_SIZE} among its parameters"
        )
    if len(shape) > 1 and len(data) == 1 and isinstance(data[0], list):
        data = data[0]
    if datatype == BYTES:
        return _base64_data(name, shape, data)
    if not set(map(type, data)) <= {int, float}:
        raise BadRequestError(f"tensor {name!r}: data of {datatype} must be numbers only")
    return (listed_data(name, datatype, shape, np.array(data, np.float64)),)


def _base64_data(name: str, shape: tuple[int, ...], data: list[Any]) -> tuple[Content, ...]:
    if len(data) > MAX_ELEMENTS or shape != (len(data),):
        raise BadRequestError(
            f"tensor {name!r}: shape {list(shape)} does not fit {len(data)} elements of data"
        )
    return tuple(Content.of(_base64(name, index, text)) for index, text in enumerate(data))


def _base64(name: str, index: int, text: object) -> bytes:
    if not isinstance(text, str):
        raise BadRequestError(
            f"tensor {name!r}: element {index} must be the base64 of a sound file, as a string"
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError(f"tensor {name!r}: element {index} is not base64: {error}") from error


def _output(given: Mapping[str, Any], binary: bool) -> Output:
    name = checked_name("a tensor's name", given.get("name"))
    parameters = _mapping(given.get("parameters", {}), f"parameters of {name!r}")
    unknown = set(parameters) - {BINARY_DATA}
    if unknown:
        raise BadRequestError(
            f"parameter of output {name!r} must be {BINARY_DATA}, not {shown(min(unknown))}"
        )
    return Output(name, _flag(parameters, BINARY_DATA, binary))


def _flag(parameters: Mapping[str, Any], name: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise BadRequestError(f"{name} must be true or false, not {shown(value)}")
    return value


def _mapping(given: object, what: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise BadRequestError(f"{what} must be an object, not {shown(given)}")
    return given


def _objects(given: object, what: str) -> list[Mapping[str, Any]]:
    if not isinstance(given, list):
        raise BadRequestError(f"{what} must be a list of tensors, not {shown(given)}")
    return [_mapping(tensor, f"each of {what}") for tensor in given]
