"""Reads the variables of a CTranslate2 `model.bin`; knows nothing of what they mean.

The format, all of it little-endian (CTranslate2's model_spec.py, version 6): the format's version (uint32);
the name of the model's kind; its revision (uint32); the number of variables (uint32) and each as name, rank
(uint8), dimensions (uint32 each), type (uint8), bytes (uint32) and data; the number of aliases (uint32) and
each as two names. A name is its length with a closing zero (uint16), the name, the zero. The file is not
trusted: every length is checked against what is left of it.
"""

import math
import struct
from dataclasses import dataclass

from model_server.errors import ArtefactError

VERSION = 6
# CTranslate2's numbers of types, with the bytes an element takes.
ITEM_BYTES = {0: 4, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2}
FLOAT16 = 4
MAX_VARIABLES, MAX_RANK = 10_000, 4


@dataclass(frozen=True)
class Variable:
    """An array as it lies in the file, row by row."""

    type_number: int
    shape: tuple[int, ...]
    data: memoryview


def read_variables(data: memoryview, kind: str) -> dict[str, Variable]:
    """The variables of a model of this kind (say, WhisperSpec) by name, or ArtefactError."""
    reader = _Reader(data)
    version = reader.number("I")
    if version != VERSION:
        raise ArtefactError(f"model.bin must be of CTranslate2's format {VERSION}, not {version}")
    actual = reader.name()
    if actual != kind:
        raise ArtefactError(f"model.bin must hold a {kind}, not a {actual!r}")
    reader.number("I")  # the kind's revision: what it changed shows in the names
    count = reader.number("I")
    if count > MAX_VARIABLES:
        raise ArtefactError(f"model.bin may hold {MAX_VARIABLES} variables at most, not {count}")
    return dict(_variable(reader) for _ in range(count))


def _variable(reader: "_Reader") -> tuple[str, Variable]:
    name = reader.name()
    rank = reader.number("B")
    if rank > MAX_RANK:
        raise ArtefactError(f"{name} may have {MAX_RANK} dimensions at most, not {rank}")
    shape = tuple(reader.number("I") for _ in range(rank))
    type_number = reader.number("B")
    if type_number not in ITEM_BYTES:
        raise ArtefactError(f"{name} must be of type {sorted(ITEM_BYTES)}, not {type_number}")
    size = reader.number("I")
    needed = math.prod(shape) * ITEM_BYTES[type_number]
    if size != needed:
        raise ArtefactError(f"{name} of shape {shape} needs {needed} bytes, not {size}")
    return name, Variable(type_number, shape, reader.take(size))


class _Reader:
    """Takes bytes from the front, never more than there are."""

    def __init__(self, data: memoryview):
        self._data = data
        self._at = 0

    def take(self, size: int) -> memoryview:
        left = len(self._data) - self._at
        if size > left:
            raise ArtefactError(f"model.bin ends {size - left} bytes too soon, at byte {len(self._data)}")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, form: str) -> int:
        return int(struct.unpack(f"<{form}", self.take(struct.calcsize(form)))[0])

    def name(self) -> str:
        written = bytes(self.take(self.number("H")))
        if not written.endswith(b"\0") or not written.isascii():
            raise ArtefactError(f"a name must be ASCII that ends in a zero, not {written[:40]!r}")
        return written[:-1].decode("ascii")
