"""Inputs that are nearly right: good ones with bytes changed, moved, repeated, cut off. Knows no format."""

from collections.abc import Sequence

from hypothesis import strategies as st

# Lengths and counts that programs trip over, and bytes that end or begin something in many formats.
ODD = [
    *(
        value.to_bytes(size, order)
        for size in (1, 2, 4, 8)
        for order in ("big", "little")
        for value in (0, 1)
    ),
    *(b"\xff" * size for size in (1, 2, 4, 8)),
    *(b"\x7f" + b"\xff" * (size - 1) for size in (2, 4, 8)),
    *(b"\x80" + b"\0" * (size - 1) for size in (1, 2, 4, 8)),
    *(
        b"\r\n",
        b"\n",
        b"\0",
        b'"',
        b"'",
        b"{",
        b"[",
        b"&a",
        b"*a",
        b": ",
        b"- ",
        b"--",
        b"%",
        b"e999",
        b"NaN",
    ),
]
PLACES = st.one_of(st.integers(0, 64), st.floats(0, 1))  # half of the changes are where headers are
PIECES = st.one_of(st.sampled_from(ODD), st.binary(min_size=1, max_size=8))
CHANGES = st.lists(
    st.tuples(st.sampled_from(("write", "insert", "delete", "repeat", "flip", "cut")), PLACES, PIECES),
    max_size=8,
)


def damaged(seeds: Sequence[bytes], junk: bool = True) -> st.SearchStrategy[bytes]:
    """Seeds with changes; with `junk`, now and then bytes that never were one."""
    changed = st.builds(_changed, st.sampled_from(seeds), CHANGES)
    return st.one_of(changed, changed, changed, st.binary(max_size=256)) if junk else changed


def _changed(seed: bytes, changes: Sequence[tuple[str, int | float, bytes]]) -> bytes:
    data = bytearray(seed)
    for kind, place, piece in changes:
        at = min(place if isinstance(place, int) else round(place * len(data)), len(data))
        match kind:
            case "write":
                data[at : at + len(piece)] = piece
            case "insert":
                data[at:at] = piece
            case "delete":
                del data[at : at + piece[0]]
            case "repeat":
                data[at:at] = data[at : at + piece[0]]
            case "flip" if at < len(data):
                data[at] ^= 1 << piece[0] % 8
            case "cut":
                del data[max(at, 4) :]
    return bytes(data)
