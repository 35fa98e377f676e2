"""Content: bytes in shared memory, in parts, as a file, in another process."""

import os

import pytest

from model_server.content import Content, ContentFile


def test_what_is_appended_is_there():
    content = Content.empty()
    content.append(b"ab")
    content.append(bytearray(b"c" * 100_000))

    assert content.size == 100_002
    assert bytes(content.buffer()[:4]) == b"abcc"


def test_part_of_a_part_shares_the_memory():
    content = Content.of(b"0123456789")

    part = content.part(2, 6).part(1, 3)

    assert bytes(part.buffer()) == b"345"
    assert part.descriptor == content.descriptor


@pytest.mark.parametrize(("offset", "size"), [(-1, 2), (0, 11), (10, 1), (3, -1)])
def test_part_beyond_the_bytes_is_refused(offset, size):
    with pytest.raises(ValueError, match="within 0 and 10"):
        Content.of(b"0123456789").part(offset, size)


def test_nothing_is_an_empty_buffer():
    assert bytes(Content.empty().buffer()) == b""


def test_file_reads_and_seeks():
    file = Content.of(b"0123456789").part(2, 6).file()

    assert file.read(2) == b"23"
    assert (file.seek(-1, os.SEEK_END), file.read()) == (5, b"7")
    assert (file.seek(-9, os.SEEK_CUR), file.tell()) == (0, 0)


def test_file_over_several_buffers_has_no_seams():
    file = ContentFile(memoryview(b"012"), memoryview(b""), memoryview(b"345"), memoryview(b"6789"))

    assert file.read(7) == b"0123456"
    assert (file.seek(-7, os.SEEK_END), file.read()) == (3, b"3456789")
    assert file.read(1) == b""


def test_descriptor_goes_with_the_last_part():
    content = Content.of(b"abc")
    part, descriptor = content.part(0, 1), content.descriptor
    del content
    assert os.fstat(descriptor).st_size == 3

    del part

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
