"""Multipart forms: read as they come in, in pieces of any size, refused by a sentence."""

import asyncio

import pytest

from model_server.errors import BadRequestError, TooLargeError, UnsupportedMediaError
from model_server.intake import BodyRoom, IntakeLimits
from model_server.protocols.multipart import MAX_FIELD_BYTES, MAX_PARTS, read_form

LIMITS = IntakeLimits(max_audio_seconds=3, queue_seconds=6)
TYPE = "multipart/form-data; boundary=xx"


def part(name, value, filename=None):
    file = f'; filename="{filename}"' if filename else ""
    return f'--xx\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value + b"\r\n"


def read(body, content_type=TYPE, size=65_536):
    async def chunks():
        for at in range(0, len(body), size):
            yield body[at : at + size]

    with BodyRoom(LIMITS).share() as share:
        return asyncio.run(read_form(chunks(), content_type, share))


@pytest.mark.parametrize("size", [1, 3, 17, 65_536])
def test_form_is_the_same_in_pieces_of_any_size(size):
    # The file has what a boundary begins with.
    file = b"\r\n--x RIFF \x00\xff\r\n--" * 20
    body = part("model", b"asr") + part("file", file, "a.wav") + part("g[]", b"1") + part("g[]", b"2")

    form = read(body + b"--xx--\r\n", size=size)

    assert bytes(form.file.buffer()) == file
    assert (form.one("model", ""), form.all("g[]"), form.names) == ("asr", ["1", "2"], {"model", "g[]"})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"hello", "cannot be read"),
        (part("file", b"abc", "a"), "it has no end"),
        (b"", "it has no end"),
        (part("a", b"x" * (MAX_FIELD_BYTES + 1)) + b"--xx--\r\n", "'a' must have at most 16384 bytes"),
        (part("a", b"") * (MAX_PARTS + 1) + b"--xx--\r\n", "at most 16 fields"),
        (part("file", b"", "a") * 2 + b"--xx--\r\n", "one file, in its field 'file'"),
        (part("other", b"", "a") + b"--xx--\r\n", "one file, in its field 'file'"),
        (b"--xx\r\n" + b"a: b\r\n" * 20 + b"\r\n--xx--\r\n", "cannot be read"),
        (b"--xx\r\n" + b"a" * 9_000 + b": b\r\n\r\n--xx--\r\n", "cannot be read"),
    ],
)
def test_form_that_is_none_is_refused_by_a_sentence(body, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        read(body)


def test_field_given_twice_is_no_answer():
    with pytest.raises(BadRequestError, match="'model' once, not 2 times"):
        read(part("model", b"a") * 2 + b"--xx--\r\n").one("model", "")


@pytest.mark.parametrize("content_type", ["", "audio/wav", "multipart/mixed; boundary=xx"])
def test_other_content_types_are_refused_by_name(content_type):
    with pytest.raises(UnsupportedMediaError, match=f"not '{content_type}'"):
        read(b"", content_type)


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 300}"]
)
def test_boundary_that_cannot_be_is_refused(content_type):
    with pytest.raises(BadRequestError, match="cannot be read"):
        read(b"--xx--", content_type)


def test_form_that_grows_too_large_is_refused():
    with pytest.raises(TooLargeError):
        read(part("file", b"x" * LIMITS.max_body_bytes, "a"))
