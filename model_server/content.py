"""The bytes of a request in anonymous shared memory, so that an engine process reads them without a copy.

Knows nothing of audio, protocols or processes.
"""

from __future__ import annotations

import io
import mmap
import os
import weakref
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Content:
    """A stretch of a memory file (memfd_create(2)); the memory goes when the last stretch of it does."""

    def __init__(self, memory: _Memory, offset: int, size: int):
        self._memory = memory
        self.offset = offset
        self.size = size

    @classmethod
    def empty(cls) -> Content:
        """Nothing yet, to be appended to."""
        return cls(_Memory(_new_memory_file()), 0, 0)

    @classmethod
    def of(cls, data: ReadableBuffer) -> Content:
        """A copy of these bytes."""
        content = cls.empty()
        content.append(data)
        return content

    @classmethod
    def received(cls, descriptor: int, offset: int, size: int) -> Content:
        """The stretch of another process's memory file; takes over the descriptor."""
        return cls(_Memory(descriptor), offset, size)

    @property
    def descriptor(self) -> int:
        """The memory file, to be sent to another process."""
        return self._memory.descriptor

    def append(self, data: ReadableBuffer) -> None:
        """Add bytes at the end; only for a content that was begun empty, before its buffer is taken."""
        left = memoryview(data).cast("B")
        while len(left) > 0:
            written = os.write(self._memory.descriptor, left)
            self.size += written
            left = left[written:]

    def part(self, offset: int, size: int) -> Content:
        """The `size` bytes from `offset` on, sharing this memory."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ValueError(f"a part must lie within 0 and {self.size}, not {offset} to {offset + size}")
        return Content(self._memory, self.offset + offset, size)

    def buffer(self) -> memoryview:
        """The bytes, mapped and not copied."""
        if self.size == 0:
            return memoryview(b"")
        return self._memory.map(self.offset + self.size)[self.offset : self.offset + self.size]

    def file(self) -> ContentFile:
        """The bytes as a file that can be read and sought."""
        return ContentFile(self.buffer())


class ContentFile(io.RawIOBase):
    """A read-only file over buffers, one after the other, which io.BytesIO would copy."""

    def __init__(self, *buffers: memoryview):
        self._buffers = buffers
        self._ends = list(accumulate(len(buffer) for buffer in buffers))
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to `offset` from the start, the present place or the end; never before the start."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._ends[-1]}[whence]
        self._at = max(origin + offset, 0)
        return self._at

    def readinto(self, target: WriteableBuffer) -> int:
        """Fill `target` as far as there are bytes; how many there were."""
        view = memoryview(target).cast("B")
        filled = 0
        for number in range(bisect_right(self._ends, self._at), len(self._buffers)):
            begin = self._at - (self._ends[number] - len(self._buffers[number]))
            piece = self._buffers[number][begin : begin + len(view) - filled]
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._at += len(piece)
            if filled == len(view):
                break
        return filled


class _Memory:
    """A memory file and its mapping; the descriptor is closed with the object."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor
        self._mapping = memoryview(b"")
        weakref.finalize(self, os.close, descriptor)

    def map(self, size: int) -> memoryview:
        """At least the first `size` bytes."""
        if len(self._mapping) < size:
            self._mapping = memoryview(mmap.mmap(self.descriptor, size, prot=mmap.PROT_READ))
        return self._mapping


def _new_memory_file() -> int:
    return os.memfd_create("serinus-request", os.MFD_CLOEXEC)
