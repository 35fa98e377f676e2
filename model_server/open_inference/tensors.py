"""The tensors of an infer request, whatever carried them; knows nothing of audio, JSON or protobuf.

The protocol: Open Inference Protocol, "predict-v2", with the binary tensor data extension
(https://github.com/kserve/open-inference-protocol). A tensor's data is one stretch of little-endian
numbers, or for BYTES a stretch an element.
"""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as shown
from typing import Any

import numpy as np
import numpy.typing as npt

from model_server.content import Content
from model_server.errors import BadRequestError

BYTES = "BYTES"
NUMBERS: dict[str, np.dtype[Any]] = {
    "FP32": np.dtype("<f4"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
}
DATATYPES = (BYTES, *NUMBERS)
# A request brings one name, some flags and a rate; what is longer is a mistake.
MAX_ELEMENTS = 32
MAX_DIMENSIONS = 2
MAX_NAME_CHARACTERS = 256
# Half a minute of speech at 16 kHz. A number given one by one costs tens of bytes of objects while it is
# read and time that nobody else gets; raw, four bytes and none.
MAX_LISTED_NUMBERS = 2**19
LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Tensor:
    """An input: one stretch of `datatype` numbers, or as many stretches as BYTES has elements."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    parameters: Mapping[str, object]
    data: tuple[Content, ...]


@dataclass(frozen=True)
class Output:
    """An output asked for, and whether as binary."""

    name: str
    binary: bool


@dataclass(frozen=True)
class InferRequest:
    """What a client asks; `outputs` is None where it leaves the choice to the server."""

    id: str
    parameters: Mapping[str, object]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Output, ...] | None
    binary_outputs: bool = False


def checked_name(what: str, name: object) -> str:
    """The name, or id, if it is a string of at most 256 characters."""
    if not isinstance(name, str) or len(name) > MAX_NAME_CHARACTERS:
        raise BadRequestError(
            f"{what} must be a string of at most {MAX_NAME_CHARACTERS} characters, not {shown(name)}"
        )
    return name


def checked_datatype(name: str, datatype: object) -> str:
    """The datatype, if it is one of those taken."""
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise BadRequestError(
            f"tensor {name!r}: datatype must be one of {', '.join(DATATYPES)}, not {shown(datatype)}"
        )
    return datatype


def checked_shape(name: str, datatype: str, shape: Sequence[object]) -> tuple[int, ...]:
    """The shape, if it is 1 or 2 sizes of 0 or more; of BYTES at most 32 elements."""
    sizes = tuple(size for size in shape[:MAX_DIMENSIONS] if type(size) is int and size >= 0)
    if not 1 <= len(shape) <= MAX_DIMENSIONS or len(sizes) != len(shape):
        raise BadRequestError(
            f"tensor {name!r}: shape must be 1 to {MAX_DIMENSIONS} sizes of 0 or more, not {shown(shape)}"
        )
    if datatype == BYTES and math.prod(sizes) > MAX_ELEMENTS:
        raise BadRequestError(
            f"tensor {name!r}: BYTES must have at most {MAX_ELEMENTS} elements, not {math.prod(sizes)}"
        )
    return sizes


def check_unique(kind: str, names: Iterable[str]) -> None:
    """Refuse a name given twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadRequestError(f"{kind} {shown(name)} is given twice")
        seen.add(name)


def raw_data(name: str, datatype: str, shape: tuple[int, ...], content: Content) -> tuple[Content, ...]:
    """The data of a tensor that came as bytes, of which none is copied."""
    if datatype == BYTES:
        return _elements(name, shape, content)
    wanted = math.prod(shape) * NUMBERS[datatype].itemsize
    if content.size != wanted:
        raise BadRequestError(
            f"tensor {name!r}: {datatype} of shape {list(shape)} is {wanted} bytes, not {content.size}"
        )
    return (content,)


def listed_data(
    name: str, datatype: str, shape: tuple[int, ...], numbers: npt.NDArray[np.float64]
) -> Content:
    """The data of a tensor whose numbers were given one by one."""
    if len(numbers) != math.prod(shape):
        raise BadRequestError(
            f"tensor {name!r}: shape {list(shape)} is {math.prod(shape)} numbers, not {len(numbers)}"
        )
    dtype = NUMBERS[datatype]
    if dtype.kind == "i":
        _check_whole(name, datatype, numbers)
    # What is too large for 32 bits becomes infinite, which no audio may be.
    with np.errstate(over="ignore"):
        return Content.of(numbers.astype(dtype).tobytes())


def check_listed(name: str, count: int) -> None:
    """Refuse more numbers than may be given one by one."""
    if count > MAX_LISTED_NUMBERS:
        raise BadRequestError(
            f"tensor {name!r}: at most {MAX_LISTED_NUMBERS} numbers may be listed, not {count}; "
            "send them as binary data"
        )


def _elements(name: str, shape: tuple[int, ...], content: Content) -> tuple[Content, ...]:
    count, buffer, at = math.prod(shape), content.buffer(), 0
    elements = []
    for index in range(count):
        if at + LENGTH.size > content.size:
            raise BadRequestError(f"tensor {name!r}: its bytes end before element {index} of {count}")
        (size,) = LENGTH.unpack_from(buffer, at)
        at += LENGTH.size
        if size > content.size - at:
            raise BadRequestError(
                f"tensor {name!r}: element {index} says {size} bytes, of which {content.size - at} are there"
            )
        elements.append(content.part(at, size))
        at += size
    if at != content.size:
        raise BadRequestError(f"tensor {name!r}: {content.size - at} bytes are left over after its elements")
    return tuple(elements)


def _check_whole(name: str, datatype: str, numbers: npt.NDArray[np.float64]) -> None:
    limits = np.iinfo(NUMBERS[datatype])
    wrong = numbers[(numbers < limits.min) | (numbers > limits.max) | (numbers != np.floor(numbers))]
    if len(wrong):
        raise BadRequestError(
            f"tensor {name!r}: {datatype} must be whole, {limits.min} to {limits.max}, not {wrong[0]:g}"
        )
