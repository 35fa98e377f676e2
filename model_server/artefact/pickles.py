"""Refuses files that would run code when a framework loads them; knows nothing of model.yaml.

Pickles of protocol 2 and later and zip archives (torch.save's form) are told by their first bytes, whatever
their name; older pickles have no mark and are told by their suffix only. No engine here unpickles anything.
"""

from pathlib import PurePosixPath

ALLOWED = "weights must be safetensors, ONNX or ORT"
PICKLE_SUFFIXES = frozenset({".pt", ".pth", ".pkl", ".pickle", ".ckpt"})
ZIP = b"PK\x03\x04"
PROTOCOLS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
HEAD_BYTES = 16


def suffix_complaint(name: str) -> str | None:
    """Why a file of this name is not taken; None where it is."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PICKLE_SUFFIXES:
        return f"{name}: {suffix} files hold pickles, which run code when loaded; {ALLOWED}"
    return None


def content_complaint(name: str, head: bytes, size: int) -> str | None:
    """Why a file with these first 16 bytes, of `size` bytes in all, is not taken; None where it is."""
    if head.startswith(ZIP):
        return f"{name}: it is a zip archive, as torch.save writes them, which may hold a pickle; {ALLOWED}"
    if head.startswith(PROTOCOLS) and not _is_safetensors(head, size):
        return f"{name}: it begins as a pickle does, which runs code when loaded; {ALLOWED}"
    return None


def _is_safetensors(head: bytes, size: int) -> bool:
    # The length of a JSON header in 8 bytes, little-endian, may look like a pickle's first two.
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size - 8
