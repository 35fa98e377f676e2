"""Whether a sound file goes on after the first stream in it, which is all that libsndfile decodes.

Knows the marks that FLAC and Ogg streams begin with. Other bytes behind a stream (tags, zeros) are no stream.
MP3 is walked as a whole (mp3.py); a second RIFF header is libsndfile's own refusal.
"""

import re

from model_server.scan import search

# RFC 9639, 8.1 and 8.2: the signature and the head of STREAMINFO: 34 bytes, the last metadata or not.
FLAC_STREAM = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
# RFC 3533, 6: version 0, then flags, of which 2 is set on the first page of a stream. Streams side by side
# all begin before any of them goes on (RFC 3533, 4); one that begins later is chained.
OGG_BEGIN = re.compile(rb"OggS\x00[\x02\x03\x06\x07]")
OGG_MORE = re.compile(rb"OggS\x00[\x00\x01\x04\x05]")
# What has been seen before a stream that begins is one too many, and what it begins with.
MARKS = {"FLAC": (FLAC_STREAM, FLAC_STREAM), "OGG": (OGG_MORE, OGG_BEGIN)}


def goes_on(file_format: str, data: memoryview) -> bool:
    """Whether another stream follows the first in a FLAC or Ogg file; never in other formats."""
    if file_format not in MARKS:
        return False
    before, begin = MARKS[file_format]
    first = search(before, data, 0)
    return first is not None and search(begin, data, first + 1) is not None
