"""Whisper's vocabulary and the rules of which tokens may be written; knows nothing of torch or sound.

vocabulary.txt has one token a line, in order, its bytes written as GPT-2 writes them (Radford et al. 2019,
Language Models are Unsupervised Multitask Learners): printable characters for themselves, others as those
from U+0100 on. config.json has the tokens that are never written (brackets, notes and other marks of what
is no speech).
"""

import json
from dataclasses import dataclass
from pathlib import Path

from model_server.errors import ArtefactError

MAX_TOKENS = 200_000
PRINTABLE = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
OTHERS = [byte for byte in range(0x100) if byte not in PRINTABLE]
BYTES = {chr(byte): byte for byte in PRINTABLE} | {chr(0x100 + n): byte for n, byte in enumerate(OTHERS)}


@dataclass(frozen=True)
class Rules:
    """What config.json says of decoding."""

    suppressed: tuple[int, ...]  # never written
    suppressed_first: tuple[int, ...]  # not written first: a space alone, the end
    alignment_heads: tuple[tuple[int, int], ...]  # (layer, head) whose attention follows the audio in time


class Vocabulary:
    """Token numbers and what they stand for."""

    def __init__(self, tokens: list[str]):
        self._tokens = tokens
        self._numbers = {token: number for number, token in enumerate(tokens)}
        self.end = self.number("<|endoftext|>")

    def __len__(self) -> int:
        return len(self._tokens)

    def number(self, token: str) -> int:
        """The number of a special token such as <|en|>."""
        if token not in self._numbers:
            raise ArtefactError(f"vocabulary.txt has no token {token!r}")
        return self._numbers[token]

    def prompt(self, language: str) -> list[int]:
        """What a transcript in this language begins with: no translation, no times."""
        start = ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
        return [self.number(token) for token in start]

    def spelled(self, token: int) -> bytes:
        """The bytes of an ordinary token, none of a special one."""
        if token >= self.end:
            return b""
        return bytes(BYTES[character] for character in self._tokens[token])

    def text(self, tokens: list[int]) -> str:
        """What the tokens say; a character cut off at the end is left out."""
        spoken = b"".join(self.spelled(token) for token in tokens)
        return spoken.decode(errors="ignore").strip()

    def words(self, tokens: list[int]) -> list[tuple[str, int]]:
        """The words and how many tokens each has; a mark belongs to the word before it."""
        parts: list[list[bytes]] = []
        for token in tokens:
            spelled = self.spelled(token)
            if not parts or spelled.startswith(b" "):
                parts.append([])
            parts[-1].append(spelled)
        return [(b"".join(part).decode(errors="ignore").strip(), len(part)) for part in parts]


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary; ArtefactError if a line is no token."""
    try:
        tokens = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ArtefactError(f"{path} must be UTF-8: {error}") from error
    if len(tokens) > MAX_TOKENS:
        raise ArtefactError(f"{path} may have {MAX_TOKENS} tokens at most, not {len(tokens)}")
    vocabulary = Vocabulary(tokens)
    for number, token in enumerate(tokens[: vocabulary.end]):
        if not BYTES.keys() >= set(token):
            raise ArtefactError(f"{path}, line {number + 1}: {token!r} is no token")
    return vocabulary


def read_rules(path: Path, vocabulary_size: int, decoder: tuple[int, int]) -> Rules:
    """The rules for a decoder of so many (layers, heads); ArtefactError if they do not fit."""
    try:
        data = json.loads(path.read_bytes())
        rules = Rules(
            tuple(int(token) for token in data["suppress_ids"]),
            tuple(int(token) for token in data["suppress_ids_begin"]),
            tuple((int(layer), int(head)) for layer, head in data["alignment_heads"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtefactError(f"{path} must be the config.json of a Whisper: {error!r}") from error
    for token in (*rules.suppressed, *rules.suppressed_first):
        if not 0 <= token < vocabulary_size:
            raise ArtefactError(f"{path}: a token must be 0 to {vocabulary_size - 1}, not {token}")
    layers, heads = decoder
    for layer, head in rules.alignment_heads:
        if not (0 <= layer < layers and 0 <= head < heads):
            raise ArtefactError(f"{path}: a head must be in {layers} layers of {heads}, not {(layer, head)}")
    if not rules.alignment_heads:
        raise ArtefactError(f"{path} must have alignment_heads, at least one")
    return rules
