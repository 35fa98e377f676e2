"""MP3 as a row of frames, walked by their headers alone: where they are, of which kind, how many.

Knows layer III of MPEG 1, 2 and 2.5. Decodes nothing: a frame that holds a count is a frame like others.
Headers: ISO/IEC 11172-3, 2.4.2.3, and ISO/IEC 13818-3, 2.4.2.3; in short:
http://www.mp3-tech.org/programmer/frame_header.html
"""

import re
from dataclasses import dataclass

from model_server.errors import BadAudioError, TooLongError
from model_server.scan import search

# Samples a second by a header's two bits of version (1: reserved) and two bits of rate (3: reserved).
MPEG_1, MPEG_2, MPEG_2_5 = 3, 2, 0
SAMPLE_RATES = {
    MPEG_1: (44_100, 48_000, 32_000),
    MPEG_2: (22_050, 24_000, 16_000),
    MPEG_2_5: (11_025, 12_000, 8_000),
}
# Kilobits a second by a header's four bits; 0 stands for free format, 15 for none.
KILOBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
KILOBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# A header with a stated bit rate of any version: its first three bytes, which no other ones of it contradict.
HEADER = re.compile(
    b"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][%s]"
    % b"".join(re.escape(bytes([byte])) for byte in range(256) if 0 < byte >> 4 < 15 and byte >> 2 & 3 < 3)
)
HEADER_BYTES = 4
# As many headers, each where the one before says, are no accident: 1 place in 10^14 of random bytes.
FRAMES_IN_A_ROW = 3
# Places where frames might go on: each costs some microseconds, and bytes to remember. Joined files have one
# each, random bytes one in 16,000.
MAX_PLACES = 2_000
# Frames that may be none of the sound: one with the count, and 15 for 2 * 4095 samples that it may name.
UNHEARD_FRAMES = 16
# https://id3.org/ID3v1 and https://id3.org/id3v2.4.0-structure, 3.1: the whole, and the head alone.
ID3V1_BYTES, ID3V2_BYTES = 128, 10


def _size(version: int, rate_bits: int, third: int) -> int:
    bits, padding = third >> 4, third >> 1 & 1
    if bits in (0, 15) or third >> 2 & 3 != rate_bits:
        return 0
    bit_rate = 1000 * (KILOBITS_1 if version == MPEG_1 else KILOBITS_2)[bits]
    # A frame's samples, 1152 or 576, at bits a second, of which a byte holds 8.
    return (144 if version == MPEG_1 else 72) * bit_rate // SAMPLE_RATES[version][rate_bits] + padding


SIZES = {
    (version, rate_bits): tuple(_size(version, rate_bits, third) for third in range(256))
    for version in SAMPLE_RATES
    for rate_bits in range(3)
}


@dataclass(frozen=True)
class Kind:
    """What all frames of a file have in common: a header's second byte (protected or not), rate, channels."""

    second: int
    rate_bits: int
    mono: bool

    @property
    def version(self) -> int:
        """MPEG_1, MPEG_2 or MPEG_2_5."""
        return self.second >> 3 & 3

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return SAMPLE_RATES[self.version][self.rate_bits]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The bytes of a frame by its header's third byte; 0 where that is of another rate or no frame's."""
        return SIZES[self.version, self.rate_bits]

    @property
    def side_bytes(self) -> int:
        """The side information, which follows the header."""
        if self.version == MPEG_1:
            return 17 if self.mono else 32
        return 9 if self.mono else 17

    @property
    def frame_samples(self) -> int:
        """Samples that a frame holds of each channel."""
        return 1152 if self.version == MPEG_1 else 576

    def __str__(self) -> str:
        return f"{self.sample_rate} Hz {'mono' if self.mono else 'stereo'}"


@dataclass(frozen=True)
class Walk:
    """The frames of a file: their kind, how many, and the stretches of bytes that hold nothing else."""

    kind: Kind
    frames: int
    stretches: tuple[tuple[int, int], ...]


def walk(data: memoryview, max_seconds: float) -> Walk:
    """All whole frames, in time linear in the bytes.

    Raises a BadAudioError where there are none or several kinds of them, a TooLongError as soon as they are
    surely longer than `max_seconds`, which may be infinite.
    """
    kind: Kind | None = None
    frames, stretches = 0, []
    at = _past_tags(data, 0)
    for _ in range(MAX_PLACES):
        place = search(HEADER, data, at)
        if place is None or place + HEADER_BYTES > len(data):
            break
        at = place
        here = Kind(data[at + 1] | 1, data[at + 2] >> 2 & 3, data[at + 3] >> 6 == 3)
        if not _in_a_row(data, at, here):
            at += 1
            continue
        kind = kind or here
        if here != kind:
            raise BadAudioError(f"the MP3 must keep its rate and channels, not go on at {here} after {kind}")
        most = max_seconds * kind.sample_rate / kind.frame_samples + UNHEARD_FRAMES
        end, count = _follow(data, at, kind, most - frames)
        stretches.append((at, end))
        frames += count
        if frames >= most:
            raise TooLongError(f"audio must be at most {max_seconds:g} s long, which this MP3 is not")
        at = _past_tags(data, end)
    else:
        raise BadAudioError(f"the MP3 is broken in {MAX_PLACES} places, or more")
    if kind is None:
        raise BadAudioError(
            f"the MP3 must have {FRAMES_IN_A_ROW} frames of MPEG layer III in a row, "
            "each with a stated bit rate (no free format)"
        )
    return Walk(kind, frames, tuple(stretches))


def _in_a_row(data: memoryview, at: int, kind: Kind) -> bool:
    """Whether frames begin here: several, or fewer and the last ends with the bytes."""
    end, count = _follow(data, at, kind, FRAMES_IN_A_ROW)
    return count == FRAMES_IN_A_ROW or (count > 0 and _past_tags(data, end) == len(data))


def _follow(data: memoryview, at: int, kind: Kind, most: float) -> tuple[int, int]:
    """Where the frames that begin here end, and how many they are, `most` at most; one cut off is none."""
    second, mono, sizes = kind.second, kind.mono, kind.sizes
    length, count = len(data), 0
    while count < most and at + HEADER_BYTES <= length:
        if data[at] != 0xFF or data[at + 1] | 1 != second or (data[at + 3] >= 0xC0) != mono:
            break
        size = sizes[data[at + 2]]
        if size == 0 or at + size > length:
            break
        at += size
        count += 1
    return at, count


def _past_tags(data: memoryview, at: int) -> int:
    """Where the ID3 tags that begin here end; whatever else is between frames has to be searched through."""
    if bytes(data[at : at + 3]) == b"TAG":
        at += ID3V1_BYTES
    head = bytes(data[at : at + ID3V2_BYTES])
    if head[:3] != b"ID3" or len(head) < ID3V2_BYTES or max(head[6:]) > 0x7F:
        return at
    # Four times seven bits, which count neither this head nor the foot like it that the flag tells of.
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    end = at + size + ID3V2_BYTES * (2 if head[5] & 0x10 else 1)
    # One that says to be longer than the file is none.
    return end if end <= len(data) else at
