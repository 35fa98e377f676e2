"""Stage 1, decode: a sound file or raw samples become one channel of float samples at the model's rate.

The header is read first and alone, so that too long a clip, or one too many, is refused before any
decoding. Decoding goes block by block and keeps none: memory is that of a block, whatever the clip's length.
Knows nothing of requests, queues or models.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile
import soxr

from model_server.content import Content
from model_server.errors import BadAudioError, TooLongError
from model_server.joined import goes_on
from model_server.mp3 import frames_only
from model_server.waveform import Waveform

FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3")
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 8_000, 192_000
MAX_CHANNELS = 8
BLOCK_FRAMES = 65_536
# Float files may overshoot full scale a little; +12 dB is no overshoot but another scale (say, 16-bit).
MAX_PEAK = 4.0
# What libsndfile says of a FLAC stream whose header leaves the count open (SF_COUNT_MAX).
UNKNOWN_FRAMES = 2**63 - 1


# Raw little-endian samples of one channel: type, and what makes full scale 1.
RAW: dict[str, tuple[np.dtype[Any], float]] = {
    "float32": (np.dtype("<f4"), 1.0),
    "int16": (np.dtype("<i2"), 32_768.0),
}
FILE = "file"


@dataclass(frozen=True)
class Clip:
    """Audio of a request, not decoded yet: a sound file (encoding "file") or raw samples of one channel."""

    content: Content
    encoding: str
    sample_rate: int
    channels: int
    frames: int

    @property
    def seconds(self) -> float:
        """Its duration by its header."""
        return self.frames / self.sample_rate


def raw_clip(content: Content, encoding: str, sample_rate: int, max_seconds: float) -> Clip:
    """The clip of raw samples, refused if unusable or longer than `max_seconds`."""
    size = RAW[encoding][0].itemsize
    if content.size % size:
        raise BadAudioError(
            f"{encoding} samples have {size} bytes each, which {content.size} bytes do not divide into"
        )
    return _allowed(Clip(content, encoding, sample_rate, 1, content.size // size), max_seconds)


def read_header(content: Content, max_seconds: float) -> Clip:
    """The clip of this sound file; refused if unusable or longer than `max_seconds`."""
    if not content.size:
        raise BadAudioError("the audio is empty: 0 bytes")
    try:
        with _sound_file(content, max_seconds) as file:
            clip = Clip(content, FILE, file.samplerate, file.channels, file.frames)
            file_format = file.format
    except soundfile.LibsndfileError as error:
        raise BadAudioError(
            f"{content.size} bytes are not WAV, FLAC, OGG or MP3 audio: {error.error_string}"
        ) from error
    if file_format not in FORMATS:
        raise BadAudioError(f"audio must be WAV, FLAC, OGG or MP3, not {file_format}")
    if goes_on(file_format, content.buffer()):
        raise BadAudioError(
            f"a file must hold one stream of audio, but another one follows in this {file_format}"
        )
    return _allowed(clip, max_seconds)


class _SoundFile(soundfile.SoundFile):  # type: ignore[misc]
    """A file that is read from its start to its end.

    After every block soundfile seeks to where it is already, if it can. In MP3 that loses what earlier frames
    hold of the next ones (the bit reservoir): a click at each seam.
    """

    def seekable(self) -> bool:
        """No."""
        return False


def _sound_file(content: Content, max_seconds: float) -> _SoundFile:
    """The open file of these bytes; of MP3, in WAV too, the frames alone, whose count is known (mp3.py)."""
    file = _SoundFile(content.file())
    if not file.subtype.startswith("MPEG_LAYER"):
        return file
    file.close()
    return _SoundFile(frames_only(content.buffer(), max_seconds))


def _allowed(clip: Clip, max_seconds: float) -> Clip:
    if not MIN_SAMPLE_RATE <= clip.sample_rate <= MAX_SAMPLE_RATE:
        raise BadAudioError(
            f"sample rate must be {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz, not {clip.sample_rate}"
        )
    if not 1 <= clip.channels <= MAX_CHANNELS:
        raise BadAudioError(f"audio must have 1 to {MAX_CHANNELS} channels, not {clip.channels}")
    if clip.frames == UNKNOWN_FRAMES:
        raise BadAudioError("the audio's header must say how many samples there are, not leave it open")
    if clip.frames < 1:
        raise BadAudioError("the audio has a header but no samples")
    if clip.seconds > max_seconds:
        raise TooLongError(f"audio must be at most {max_seconds:g} s long, not {clip.seconds:.1f} s")
    return clip


def decode(clip: Clip, sample_rate: int) -> Iterator[Waveform]:
    """The clip's channels averaged, resampled to `sample_rate` Hz, a few seconds at a time."""
    resample = _resampler(clip, sample_rate)
    left, made = clip.frames, 0
    for block in _blocks(clip):
        left -= len(block)
        resampled = resample(block, left == 0)
        if len(resampled):
            made += len(resampled)
            yield _checked(resampled)
    if left > 0:
        raise BadAudioError(f"the audio ends after {clip.frames - left} of its {clip.frames} samples")
    if made == 0:
        raise BadAudioError(
            f"the audio is too short: {clip.frames} samples at {clip.sample_rate} Hz "
            f"leave none at {sample_rate} Hz, at least 1 is needed"
        )


def _resampler(clip: Clip, sample_rate: int) -> Callable[[Waveform, bool], Waveform]:
    """What makes a block and whether it is the last into samples at `sample_rate`."""
    if clip.sample_rate == sample_rate:
        return lambda block, last: block
    if clip.frames <= BLOCK_FRAMES:
        # The same samples as a stream's, in half its time.
        return lambda block, last: soxr.resample(block, clip.sample_rate, sample_rate)
    stream = soxr.ResampleStream(clip.sample_rate, sample_rate, 1, dtype="float32")
    return lambda block, last: stream.resample_chunk(block, last=last)


def _blocks(clip: Clip) -> Iterator[Waveform]:
    return _file_blocks(clip) if clip.encoding == FILE else _raw_blocks(clip)


def _file_blocks(clip: Clip) -> Iterator[Waveform]:
    left = clip.frames
    try:
        with _sound_file(clip.content, math.inf) as file:
            while left > 0:
                block = file.read(min(BLOCK_FRAMES, left), dtype="float32", always_2d=True)
                if len(block) == 0:
                    return
                left -= len(block)
                # The mean of one channel is that channel, and takes longer than reading it.
                yield block[:, 0] if clip.channels == 1 else block.mean(axis=1, dtype=np.float32)
    except soundfile.LibsndfileError as error:
        raise BadAudioError(f"the audio cannot be decoded: {error.error_string}") from error


def _raw_blocks(clip: Clip) -> Iterator[Waveform]:
    dtype, scale = RAW[clip.encoding]
    samples = np.frombuffer(clip.content.buffer(), dtype)
    for at in range(0, clip.frames, BLOCK_FRAMES):
        yield (samples[at : at + BLOCK_FRAMES] / scale).astype(np.float32)


def _checked(waveform: Waveform) -> Waveform:
    peak = float(np.abs(waveform).max())
    if not np.isfinite(peak):
        raise BadAudioError("the audio has samples that are not numbers (NaN or infinite)")
    if peak > MAX_PEAK:
        raise BadAudioError(f"samples must be about -1 to 1, not up to {peak:g}")
    return waveform
