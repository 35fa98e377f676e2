"""Damaged sound files: each is either decoded to something bounded or refused by a sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server.audio import decode, read_header
from model_server.content import Content
from model_server.errors import RefusedError

MAX_SECONDS = 5.0
# Where in the file, as a share of it, and what is written there.
DAMAGES = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def files():
    import io

    import soundfile

    noise = np.random.default_rng(5).normal(0, 0.1, 4_000).astype(np.float32)
    made = {}
    for file_format in ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"):
        buffer = io.BytesIO()
        soundfile.write(buffer, noise, 16_000, format=file_format)
        made[file_format] = buffer.getvalue()
    return made


@pytest.mark.parametrize("file_format", ["WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"])
def test_damaged_file_is_decoded_within_bounds_or_refused(file_format, files):
    content = files[file_format]

    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(damages=DAMAGES, keep=st.floats(0, 1))
    def damaged(damages, keep):
        changed = bytearray(content[: round(len(content) * max(keep, 0.05))])
        for share, written in damages:
            # Half of the places are in the first 100 bytes, where the headers are.
            at = round(share * 2 * 100) if share < 0.5 else round((share - 0.5) * 2 * len(changed))
            changed[at : at + len(written)] = written
        try:
            blocks = list(decode(read_header(Content.of(changed), MAX_SECONDS), 16_000))
        except RefusedError:
            return
        assert sum(len(block) for block in blocks) <= MAX_SECONDS * 16_000 + 1
        assert all(np.isfinite(block).all() for block in blocks)

    damaged()
