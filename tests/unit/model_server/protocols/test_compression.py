"""Compressed bodies are inflated within bounds."""

import asyncio
import gzip
import zlib

import pytest

from model_server.errors import BadRequestError, TooLargeError, UnsupportedMediaError
from model_server.intake import BodyRoom, IntakeLimits, read_body
from model_server.protocols.compression import PIECE_BYTES, inflated

SPEECH = bytes(range(256)) * 400


def pieces(body, encoding, chunk_bytes=1000):
    async def chunks():
        for start in range(0, len(body), chunk_bytes):
            yield body[start : start + chunk_bytes]

    async def collect():
        return [piece async for piece in inflated(chunks(), encoding)]

    return asyncio.run(collect())


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", SPEECH),
        ("identity", SPEECH),
        ("gzip", gzip.compress(SPEECH)),
        (" GZIP", gzip.compress(SPEECH)),
        ("deflate", zlib.compress(SPEECH)),
    ],
)
def test_body_is_what_it_was_before_its_encoding(encoding, body):
    assert b"".join(pieces(body, encoding)) == SPEECH


def test_other_encodings_are_refused_by_name():
    with pytest.raises(UnsupportedMediaError, match="must be gzip, deflate, identity, not 'br'"):
        pieces(SPEECH, "br")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"RIFF", "the body is not gzip: "),
        (b"", "the body's gzip is cut off"),
        (gzip.compress(SPEECH)[:-9], "the body's gzip is cut off"),
        (gzip.compress(SPEECH) + b"x", "the body goes on after its gzip has ended"),
    ],
)
def test_what_is_not_gzip_is_refused(body, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        pieces(body, "gzip")


def test_bomb_is_inflated_piece_by_piece_and_refused_where_it_is_too_large():
    bomb = gzip.compress(bytes(2**26))
    room = BodyRoom(IntakeLimits(max_audio_seconds=10, queue_seconds=10))

    async def chunks():
        yield bomb

    async def read():
        with room.share() as share:
            await read_body(inflated(chunks(), "gzip"), share)

    assert max(len(piece) for piece in pieces(bomb, "gzip", len(bomb))) == PIECE_BYTES
    with pytest.raises(TooLargeError, match="the body must be at most 1345536 bytes"):
        asyncio.run(read())
