"""G.711: telephony's 8-bit samples to 16 bits, by table (ITU-T G.711, 1988: µ-law table 2, A-law table 1)."""

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 8_000


def decode_ulaw(data: bytes) -> NDArray[np.int16]:
    """The samples of µ-law bytes, -32124 to 32124."""
    return ULAW[np.frombuffer(data, dtype=np.uint8)]


def decode_alaw(data: bytes) -> NDArray[np.int16]:
    """The samples of A-law bytes, -32256 to 32256."""
    return ALAW[np.frombuffer(data, dtype=np.uint8)]


def _ulaw() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = (((mantissa.astype(np.int32) << 3) + 132) << exponent) - 132
    return np.where(code & 0x80, -size, size).astype(np.int16)


def _alaw() -> NDArray[np.int16]:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 15).astype(np.int32)
    size = (mantissa << 4) + 8
    size = np.where(exponent > 0, (size + 256) << np.maximum(exponent.astype(np.int32) - 1, 0), size)
    return np.where(code & 0x80, size, -size).astype(np.int16)


ULAW, ALAW = _ulaw(), _alaw()
