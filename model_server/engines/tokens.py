"""Moonshine's vocabulary, from the tokenizer.bin of the moonshine-voice package, and ids back to text."""

from collections.abc import Sequence
from pathlib import Path

from model_server.errors import ArtefactError

START, END = 1, 2
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"


def read_vocabulary(path: Path) -> list[bytes]:
    """The tokens in order; each is stored as its length (one byte, from 128 on two) and its bytes."""
    data = path.read_bytes()
    vocabulary: list[bytes] = []
    at = 0
    while at < len(data):
        size = data[at]
        at += 1
        if size >= 128:
            if at >= len(data):
                raise ArtefactError(f"{path.name} ends within the length of token {len(vocabulary)}")
            size += data[at] * 128 - 128
            at += 1
        if at + size > len(data):
            raise ArtefactError(f"{path.name} ends within token {len(vocabulary)}")
        vocabulary.append(data[at : at + size])
        at += size
    return vocabulary


def detokenize(tokens: Sequence[int], vocabulary: list[bytes]) -> str:
    """The text of token ids; control tokens such as <s> say nothing."""
    pieces = [vocabulary[token] for token in tokens]
    spoken = b"".join(piece for piece in pieces if not (piece.startswith(b"<") and piece.endswith(b">")))
    return spoken.decode(errors="replace").replace(SPACE, " ").strip()
