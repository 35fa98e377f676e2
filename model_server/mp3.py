"""MP3 as libsndfile can read all of it: nothing but frames, behind a first one that says how many.

MP3 has no header. libsndfile believes the count in a first frame made for it (Xing's, or LAME's Info), and
guesses without one: far off where the bit rate varies. Files put end to end keep the first one's count. So
the count is made anew from a walk (mp3_frames.py); tags and junk between frames are left out.
Knows nothing of requests, and decodes nothing.

The first frame: http://gabriel.mp3-tech.org/mp3infotag.html
"""

import struct

from model_server.content import ContentFile
from model_server.errors import BadAudioError
from model_server.mp3_frames import HEADER_BYTES, Kind, walk

LAME_BYTES = 24
# The frame for the count has room for the longest side information, the tag's head, the count, LAME's part.
COUNT_FRAME_BYTES = HEADER_BYTES + 32 + 8 + 4 + LAME_BYTES


def frames_only(data: memoryview, max_seconds: float) -> ContentFile:
    """The MP3 in these bytes as a file of all its frames behind their count; refused as `walk` refuses it."""
    found = walk(data, max_seconds)
    begin, end = found.stretches[0]
    first = bytes(data[begin : begin + found.kind.sizes[data[begin + 2]]])
    frames, lame = found.frames, bytes(LAME_BYTES)
    at = _tag_place(first, found.kind)
    if at is not None:
        frames -= 1
        begin += len(first)
        if _stated_frames(first, at) == frames:
            lame = _lame(first, at)
    if frames == 0:
        raise BadAudioError("the audio has a header but no samples")
    stretches = ((begin, end), *found.stretches[1:])
    head = _count_frame(found.kind, frames, lame)
    return ContentFile(memoryview(head), *(data[start:stop] for start, stop in stretches))


def _tag_place(first: bytes, kind: Kind) -> int | None:
    """Where in the first frame its tag is, None where it is a frame of sound."""
    for check_bytes in (0, 2):  # what a protected frame's header is followed by
        at = HEADER_BYTES + check_bytes + kind.side_bytes
        if first[at : at + 4] in (b"Xing", b"Info"):
            return at
    # Fraunhofer's is always behind 32 bytes; its other fields are not used here.
    return 36 if first[36:40] == b"VBRI" else None


def _stated_frames(first: bytes, at: int) -> int | None:
    """The count of a Xing or Info tag that has one."""
    if first[at : at + 4] == b"VBRI" or len(first) < at + 12 or not first[at + 7] & 1:
        return None
    return int.from_bytes(first[at + 8 : at + 12], "big")


def _lame(first: bytes, at: int) -> bytes:
    """LAME's part of a tag: among others, how many samples at either end are not the recording's."""
    flags = first[at + 7]
    begin = at + 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    return first[begin : begin + LAME_BYTES].ljust(LAME_BYTES, b"\0")


def _count_frame(kind: Kind, frames: int, lame: bytes) -> bytes:
    """A frame whose tag says how many follow it."""
    third = next(third for third in range(256) if kind.sizes[third] >= COUNT_FRAME_BYTES)
    header = bytes([0xFF, kind.second, third, 0xC0 if kind.mono else 0])
    tag = b"Xing" + struct.pack(">II", 1, frames) + lame
    return (header + bytes(kind.side_bytes) + tag).ljust(kind.sizes[third], b"\0")
