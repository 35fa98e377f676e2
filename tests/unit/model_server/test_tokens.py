"""Moonshine's vocabulary file and text of token ids."""

import pytest

from model_server.engines.tokens import detokenize, read_vocabulary
from model_server.errors import ArtefactError

SPACE = "▁".encode()


def test_lengths_of_one_and_two_bytes_are_read(tmp_path):
    long = b"x" * 300  # 300 = 0b10_0101100: low seven bits 44 with the high bit set, then 2
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(b"\x02ab" + b"\x00" + bytes([44 | 0x80, 2]) + long)

    assert read_vocabulary(path) == [b"ab", b"", long]


@pytest.mark.parametrize("content", [b"\x05ab", b"\x80", bytes([44 | 0x80, 2]) + b"x"])
def test_cut_off_vocabulary_is_refused(content, tmp_path):
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(content)

    with pytest.raises(ArtefactError, match=r"tokenizer\.bin ends within"):
        read_vocabulary(path)


def test_tokens_become_text_without_control_tokens():
    vocabulary = [b"<unk>", b"<s>", b"</s>", SPACE + b"Hel", b"lo", SPACE + b"caf", b"\xc3", b"\xa9"]

    assert detokenize([1, 3, 4, 5, 6, 7, 2], vocabulary) == "Hello café"


def test_broken_bytes_do_not_break_the_text():
    assert detokenize([0, 1], [b"a", b"\xff"]) == "a\N{REPLACEMENT CHARACTER}"
