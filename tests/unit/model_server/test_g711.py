"""G.711: the ends and the middle of both tables of the Recommendation."""

import pytest

from model_server.g711 import decode_alaw, decode_ulaw


@pytest.mark.parametrize(
    ("code", "sample"),
    [(0x00, -32124), (0x80, 32124), (0xFF, 0), (0x7F, 0), (0xFE, 8), (0x8F, 16764), (0xEF, 132)],
)
def test_ulaw_code_is_the_recommendations_sample(code, sample):
    assert decode_ulaw(bytes([code])).tolist() == [sample]


@pytest.mark.parametrize(
    ("code", "sample"), [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0xC5, 264), (0xF5, 528)]
)
def test_alaw_code_is_the_recommendations_sample(code, sample):
    assert decode_alaw(bytes([code])).tolist() == [sample]
