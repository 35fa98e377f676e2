"""A multipart form read as it comes in: small fields as text, one file into shared memory without a detour.

Knows nothing of what the fields mean.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from model_server.content import Content
from model_server.errors import BadRequestError, UnsupportedMediaError
from model_server.intake import BodyShare

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART_TYPE = b"multipart/form-data"
MAX_PARTS = 16
MAX_FIELD_BYTES = 16_384
MAX_HEADERS, MAX_HEADER_BYTES = 8, 4_096


@dataclass
class Form:
    """The fields in order, names may repeat; the file of the field `file`, if there was one."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    file: Content | None = None

    def one(self, name: str, default: str) -> str:
        """A field that may be given once."""
        values = self.all(name)
        if len(values) > 1:
            raise BadRequestError(f"the form must have {name!r} once, not {len(values)} times")
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        """The values of a field that may be repeated."""
        return [value for known, value in self.fields if known == name]

    @property
    def names(self) -> set[str]:
        """The names of the fields given."""
        return {name for name, _ in self.fields}


async def read_form(chunks: AsyncIterator[bytes], content_type: str, share: BodyShare) -> Form:
    """The form of a body with this content type."""
    media, options = parse_options_header(content_type)
    if media != MULTIPART_TYPE:
        raise UnsupportedMediaError(f"content type must be multipart/form-data, not {content_type!r}")
    if not options.get(b"boundary"):
        raise BadRequestError("the form cannot be read: its content type has no boundary")
    reader = _Reader()
    try:
        parser = MultipartParser(
            options[b"boundary"],
            reader.callbacks(),
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )
        async for chunk in chunks:
            share.take(len(chunk))
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise BadRequestError(f"the form cannot be read: {error}") from error
    if not reader.ended:
        raise BadRequestError("the form cannot be read: it has no end")
    return reader.form


class _Reader:
    """What the parser calls with what it found."""

    def __init__(self) -> None:
        self.form = Form()
        self.ended = False
        self._parts = 0
        self._begin_part()

    def callbacks(self) -> MultipartCallbacks:
        """By the parser's names."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._header_name, self._header_value = b"", b""
        self._disposition = b""
        self._name = ""
        self._value = bytearray()
        self._file: Content | None = None

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name, self._header_value = b"", b""

    def _end_headers(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadRequestError(f"the form must have at most {MAX_PARTS} fields")
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode(errors="replace")
        if b"filename" in options:
            if self._name != "file" or self.form.file is not None:
                raise BadRequestError("the form must have one file, in its field 'file'")
            self._file = self.form.file = Content.empty()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.append(memoryview(data)[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > MAX_FIELD_BYTES:
            raise BadRequestError(f"field {self._name!r} must have at most {MAX_FIELD_BYTES} bytes")

    def _end_part(self) -> None:
        if self._file is None:
            self.form.fields.append((self._name, self._value.decode(errors="replace")))

    def _end(self) -> None:
        self.ended = True
