"""A compressed body, inflated as it comes, a bounded piece at a time; knows no protocol.

The receiver counts the pieces, so what a body may inflate to is what it might have been uncompressed.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator

from model_server.errors import BadRequestError, UnsupportedMediaError

IDENTITY = "identity"
# zlib's names for the two formats: RFC 9110 means RFC 1950 by "deflate".
WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
# About a millisecond's work, after which others have their turn.
PIECE_BYTES = 262_144


def inflated(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The body's bytes without this content encoding."""
    coding = encoding.strip().lower()
    if coding in ("", IDENTITY):
        return chunks
    if coding not in WINDOW_BITS:
        raise UnsupportedMediaError(
            f"content encoding must be {', '.join((*WINDOW_BITS, IDENTITY))}, not {encoding[:100]!r}"
        )
    return _inflate(chunks, coding)


async def _inflate(chunks: AsyncIterator[bytes], coding: str) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(WINDOW_BITS[coding])
    async for chunk in chunks:
        left = chunk
        while left and not inflater.eof:
            try:
                yield inflater.decompress(left, PIECE_BYTES)
            except zlib.error as error:
                raise BadRequestError(f"the body is not {coding}: {error}") from error
            left = inflater.unconsumed_tail
            await asyncio.sleep(0)
        if left or inflater.unused_data:
            raise BadRequestError(f"the body goes on after its {coding} has ended")
    if not inflater.eof:
        raise BadRequestError(f"the body's {coding} is cut off")
