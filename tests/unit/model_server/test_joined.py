"""Files put end to end: refused where the rest would be left out, and only there."""

import io
import struct

import numpy as np
import pytest
import soundfile

from model_server.audio import decode, read_header
from model_server.content import Content
from model_server.errors import BadAudioError
from model_server.joined import goes_on

NOISE = np.random.default_rng(4).normal(0, 0.1, 24_000).astype(np.float32)
KINDS = [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")]
ID3V1 = b"TAG" + bytes(125)
APE = b"APETAGEX" + struct.pack("<IIII8x", 2_000, 32, 0, 1 << 31) + bytes(32)


def encoded(file_format, subtype):
    buffer = io.BytesIO()
    soundfile.write(buffer, NOISE, 16_000, format=file_format, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize("between", [b"", ID3V1, bytes(500_000)], ids=len)
@pytest.mark.parametrize(("file_format", "subtype"), KINDS)
def test_joined_files_are_refused(file_format, subtype, between):
    file = encoded(file_format, subtype)

    with pytest.raises(BadAudioError, match=f"another one follows in this {file_format}"):
        read_header(Content.of(file + between + file), 60)


@pytest.mark.parametrize("end", [ID3V1, APE + ID3V1, bytes(5_000), b"OggS", b"fLaC"], ids=len)
@pytest.mark.parametrize(("file_format", "subtype"), KINDS)
def test_tags_and_padding_are_no_second_stream(file_format, subtype, end):
    clip = read_header(Content.of(encoded(file_format, subtype) + end), 60)

    assert clip.seconds == 1.5
    assert sum(len(block) for block in decode(clip, 16_000)) == len(NOISE)


def ogg_page(flags, serial, number, body):
    """A page without its checksum."""
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, number, 0, 1)
    return head + bytes([len(body)]) + body


PAGES = {"a": ogg_page(2, 1, 0, b"first"), "b": ogg_page(2, 2, 0, b"other"), "c": ogg_page(4, 1, 1, b"end")}


@pytest.mark.parametrize(("order", "joined"), [("abc", False), ("acb", True)])
def test_streams_side_by_side_in_ogg_are_not_joined(order, joined):
    assert goes_on("OGG", memoryview(b"".join(PAGES[page] for page in order))) is joined
