"""Stage 1, decode: bytes of a sound file become one channel of float samples at the model's rate.

The header is read first and alone, so that too long a clip, or one too many, is refused before any
decoding. Decoding goes block by block: memory is that of the result, whatever the file's channels.
Knows nothing of requests, queues or models.
"""

import io
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from model_server.errors import BadAudioError, TooLongError
from model_server.waveform import Waveform

FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3")
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 8_000, 192_000
MAX_CHANNELS = 8
BLOCK_FRAMES = 65_536
# Float files may overshoot full scale a little; +12 dB is no overshoot but another scale (say, 16-bit).
MAX_PEAK = 4.0


@dataclass(frozen=True)
class Clip:
    """A sound file and what its header says of it."""

    content: bytes
    sample_rate: int
    channels: int
    frames: int

    @property
    def seconds(self) -> float:
        """Its duration by its header."""
        return self.frames / self.sample_rate


def read_header(content: bytes, max_seconds: float) -> Clip:
    """The clip these bytes hold, none of it decoded; refused if unusable or longer than `max_seconds`."""
    if not content:
        raise BadAudioError("the audio is empty: 0 bytes")
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            clip = Clip(content, file.samplerate, file.channels, file.frames)
            file_format = file.format
    except soundfile.LibsndfileError as error:
        raise BadAudioError(
            f"{len(content)} bytes are not WAV, FLAC, OGG or MP3 audio: {error.error_string}"
        ) from error
    if file_format not in FORMATS:
        raise BadAudioError(f"audio must be WAV, FLAC, OGG or MP3, not {file_format}")
    if not MIN_SAMPLE_RATE <= clip.sample_rate <= MAX_SAMPLE_RATE:
        raise BadAudioError(
            f"sample rate must be {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz, not {clip.sample_rate}"
        )
    if not 1 <= clip.channels <= MAX_CHANNELS:
        raise BadAudioError(f"audio must have 1 to {MAX_CHANNELS} channels, not {clip.channels}")
    if clip.frames < 1:
        raise BadAudioError("the audio has a header but no samples")
    if clip.seconds > max_seconds:
        raise TooLongError(f"audio must be at most {max_seconds:g} s long, not {clip.seconds:.1f} s")
    return clip


def decode(clip: Clip, sample_rate: int) -> Waveform:
    """The clip's channels averaged, resampled to `sample_rate` Hz."""
    resampler = None
    if clip.sample_rate != sample_rate:
        resampler = soxr.ResampleStream(clip.sample_rate, sample_rate, 1, dtype="float32")
    blocks: list[Waveform] = []
    left = clip.frames
    try:
        with soundfile.SoundFile(io.BytesIO(clip.content)) as file:
            while left > 0:
                block = file.read(min(BLOCK_FRAMES, left), dtype="float32", always_2d=True)
                if len(block) == 0:
                    break
                left -= len(block)
                mono = np.ascontiguousarray(block.mean(axis=1, dtype=np.float32))
                blocks.append(resampler.resample_chunk(mono, last=left == 0) if resampler else mono)
    except soundfile.LibsndfileError as error:
        raise BadAudioError(f"the audio cannot be decoded: {error.error_string}") from error
    if left > 0:
        raise BadAudioError(f"the audio ends after {clip.frames - left} of its {clip.frames} samples")
    return _checked(np.concatenate(blocks), clip, sample_rate)


def _checked(waveform: Waveform, clip: Clip, sample_rate: int) -> Waveform:
    if len(waveform) == 0:
        raise BadAudioError(
            f"the audio is too short: {clip.frames} samples at {clip.sample_rate} Hz "
            f"leave none at {sample_rate} Hz, at least 1 is needed"
        )
    peak = float(np.abs(waveform).max(initial=0.0))
    if not np.isfinite(peak):
        raise BadAudioError("the audio has samples that are not numbers (NaN or infinite)")
    if peak > MAX_PEAK:
        raise BadAudioError(f"samples must be about -1 to 1, not up to {peak:g}")
    return waveform
