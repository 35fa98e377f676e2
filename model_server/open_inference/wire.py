"""An infer request's protobuf message, taken apart before any object is made of it; knows no tensor.

Two bytes of a message can become a hundred bytes of objects, and a parser copies what it reads. So the
fields are counted first, and raw_input_contents, where long audio is, stay where they came. The encoding:
https://protobuf.dev/programming-guides/encoding/; the field numbers are those of KServe's
grpc_predict_v2.proto.
"""

from collections.abc import Iterator
from typing import NamedTuple

from model_server.errors import BadRequestError
from model_server.open_inference.tensors import MAX_LISTED_NUMBERS

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
MAX_VARINT_BYTES = 10
# A tensor needs some ten.
MAX_FIELDS = 512
# Of all that is neither raw_input_contents nor an element of bytes_contents: numbers listed, names, shapes.
MAX_LISTED_BYTES = 4 * MAX_LISTED_NUMBERS + 65_536
RAW_INPUT_CONTENTS, INPUTS, CONTENTS, BYTES_CONTENTS = 7, 5, 5, 8


class Field(NamedTuple):
    """A field of a message: where its tag starts, its value starts, and it ends."""

    number: int
    wire_type: int
    start: int
    value: int
    end: int


def split(message: bytes) -> tuple[bytes, list[memoryview]]:
    """The message without its raw_input_contents, fit to be parsed, and these; refused if too costly."""
    view = memoryview(message)
    kept: list[memoryview] = []
    raw: list[memoryview] = []
    cost = _Cost()
    for field in _fields(message, 0, len(message), cost):
        if field.number == RAW_INPUT_CONTENTS and field.wire_type == BYTES:
            raw.append(view[field.value : field.end])
            continue
        kept.append(view[field.start : field.end])
        in_elements = _element_bytes(message, field, cost) if field.number == INPUTS else 0
        cost.add_bytes(field.end - field.start - in_elements)
    return b"".join(kept), raw


class _Cost:
    """What was seen of a message, refused beyond the limits."""

    def __init__(self) -> None:
        self.fields = 0
        self.listed_bytes = 0

    def add_field(self) -> None:
        self.fields += 1
        if self.fields > MAX_FIELDS:
            raise BadRequestError(f"the message must have at most {MAX_FIELDS} fields")

    def add_bytes(self, count: int) -> None:
        self.listed_bytes += count
        if self.listed_bytes > MAX_LISTED_BYTES:
            raise BadRequestError(
                f"numbers and names must be at most {MAX_LISTED_BYTES} bytes; "
                "send long tensors as raw_input_contents"
            )


def _element_bytes(message: bytes, tensor: Field, cost: _Cost) -> int:
    """How much of this tensor is elements of bytes_contents, its fields counted."""
    if tensor.wire_type != BYTES:
        return 0
    size = 0
    for field in _fields(message, tensor.value, tensor.end, cost):
        if field.number == CONTENTS and field.wire_type == BYTES:
            for element in _fields(message, field.value, field.end, cost):
                if element.number == BYTES_CONTENTS and element.wire_type == BYTES:
                    size += element.end - element.value
    return size


def _fields(message: bytes, at: int, end: int, cost: _Cost) -> Iterator[Field]:
    while at < end:
        cost.add_field()
        start = at
        tag, at = _varint(message, at, end)
        number, wire_type = tag >> 3, tag & 7
        value = at
        if wire_type == VARINT:
            _, at = _varint(message, at, end)
        elif wire_type == BYTES:
            size, value = _varint(message, at, end)
            at = value + size
        elif wire_type in FIXED_SIZES:
            at += FIXED_SIZES[wire_type]
        else:
            raise BadRequestError(f"the message has a field {number} of the unknown wire type {wire_type}")
        if at > end:
            raise BadRequestError(f"field {number} of the message ends {at - end} bytes beyond it")
        yield Field(number, wire_type, start, value, at)


def _varint(message: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at `at` and where it ends."""
    number = 0
    for index, byte in enumerate(message[at : min(at + MAX_VARINT_BYTES, end)]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, at + index + 1
    raise BadRequestError(f"the message has an unfinished number at byte {at}")
