"""Decoding: every format and rate becomes mono at the model's rate; hostile bytes get a sentence."""

import struct

import numpy as np
import pytest

from model_server import audio
from model_server.audio import BLOCK_FRAMES, raw_clip
from model_server.content import Content
from model_server.errors import BadAudioError, TooLongError


def read_header(content, max_seconds):
    return audio.read_header(Content.of(content), max_seconds)


def decode(clip, sample_rate):
    return np.concatenate(list(audio.decode(clip, sample_rate)))


@pytest.mark.parametrize("file_format", ["WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3"])
def test_each_format_decodes_to_its_duration(file_format, make_file, make_tone):
    clip = read_header(make_file(make_tone(1.0, 16_000), 16_000, file_format), max_seconds=5)

    waveform = decode(clip, 16_000)

    assert clip.seconds == pytest.approx(1.0, abs=0.08)  # MP3 has whole frames only
    assert len(waveform) == clip.frames


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 22_050, 44_100, 48_000, 192_000])
def test_each_rate_becomes_the_models(sample_rate, make_file, make_tone):
    clip = read_header(make_file(make_tone(1.0, sample_rate), sample_rate), max_seconds=5)

    waveform = decode(clip, 16_000)

    spectrum = np.abs(np.fft.rfft(waveform))
    assert len(waveform) == pytest.approx(16_000, abs=2)
    assert np.argmax(spectrum) * 16_000 / len(waveform) == pytest.approx(440, abs=1)


def test_channels_are_averaged(make_file, make_tone):
    left = make_tone(0.5, 16_000, level=0.8)
    stereo = np.stack([left, np.zeros_like(left)], axis=1)

    waveform = decode(read_header(make_file(stereo, 16_000), max_seconds=5), 16_000)

    assert np.allclose(waveform, left / 2, atol=1e-3)


def test_resampling_by_blocks_leaves_no_seam(make_file, make_tone):
    seconds = 2.5 * BLOCK_FRAMES / 48_000
    clip = read_header(make_file(make_tone(seconds, 48_000), 48_000), max_seconds=60)

    waveform = decode(clip, 16_000)

    ideal = make_tone(seconds, 16_000)
    assert len(waveform) == pytest.approx(len(ideal), abs=1)
    assert np.abs(waveform[100:-100] - ideal[100 : len(waveform) - 100]).max() < 1e-3


def test_too_long_a_clip_is_refused_by_its_header(make_file, make_tone):
    content = make_file(make_tone(2.0, 8_000), 8_000)

    with pytest.raises(TooLongError, match=r"at most 1\.5 s long, not 2\.0 s"):
        read_header(content, max_seconds=1.5)


def wav(fmt_code=1, channels=1, rate=16_000, bits=16, data=b"\0\0" * 160):
    block = channels * bits // 8
    fmt = struct.pack("<HHIIHH", fmt_code, channels, rate, rate * block, block, bits)
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"not audio at all", "not WAV, FLAC, OGG or MP3"),
        (b"RIFF\xff\xff\xff\xffWAVE", "not WAV, FLAC, OGG or MP3"),
        (b"\0" * 5000, "not WAV, FLAC, OGG or MP3"),
        (wav(data=b""), "no samples"),
        (wav(rate=1), "8000 to 192000 Hz, not 1"),
        (wav(rate=400_000), "8000 to 192000 Hz, not 400000"),
        (wav(channels=9, data=b"\0" * 18 * 100), "1 to 8 channels, not 9"),
        (wav(fmt_code=99), "not WAV, FLAC, OGG or MP3"),
    ],
    ids=["empty", "text", "bare-riff", "zeros", "no-samples", "1-hz", "400-khz", "9-channels", "codec"],
)
def test_hostile_header_is_refused_by_a_sentence(content, sentence):
    with pytest.raises(BadAudioError, match=sentence):
        read_header(content, max_seconds=5)


def test_other_containers_are_refused(make_file, make_tone):
    with pytest.raises(BadAudioError, match="must be WAV, FLAC, OGG or MP3, not AIFF"):
        read_header(make_file(make_tone(0.1, 16_000), 16_000, "AIFF"), max_seconds=5)


def test_cut_off_flac_is_refused(make_file, make_tone):
    content = make_file(make_tone(3.0, 16_000), 16_000, "FLAC")

    with pytest.raises(BadAudioError, match=r"ends after|cannot be decoded"):
        decode(read_header(content[: len(content) // 2], max_seconds=5), 16_000)


@pytest.mark.parametrize("sample_rate", [48_000, 192_000])
def test_clip_that_resampling_leaves_nothing_of_is_refused(sample_rate, make_file):
    clip = read_header(make_file(np.zeros(1, dtype=np.float32), sample_rate), max_seconds=5)

    with pytest.raises(BadAudioError, match=f"too short: 1 samples at {sample_rate} Hz"):
        decode(clip, 16_000)


@pytest.mark.parametrize(
    ("value", "sentence"), [(np.nan, "not numbers"), (np.inf, "not numbers"), (900.0, "up to 900")]
)
def test_samples_that_are_no_sound_are_refused(value, sentence, make_file):
    samples = np.zeros(1600, dtype=np.float32)
    samples[800] = value
    clip = read_header(make_file(samples, 16_000, subtype="FLOAT"), max_seconds=5)

    with pytest.raises(BadAudioError, match=sentence):
        decode(clip, 16_000)


@pytest.mark.parametrize(
    ("encoding", "samples"),
    [("float32", [0.5, -1.0]), ("int16", [16_384, -32_768])],
    ids=["float32", "int16"],
)
def test_raw_samples_are_scaled_to_one(encoding, samples):
    content = Content.of(np.array(samples, dtype=encoding).tobytes())

    clip = raw_clip(content, encoding, 16_000, max_seconds=5)

    assert clip.frames == 2
    assert decode(clip, 16_000).tolist() == [0.5, -1.0]


def test_raw_samples_that_are_not_whole_are_refused():
    with pytest.raises(BadAudioError, match="4 bytes each, which 7 bytes do not divide into"):
        raw_clip(Content.of(b"1234567"), "float32", 16_000, max_seconds=5)


def test_blocks_of_mp3_leave_no_seam(make_file, make_tone):
    content = make_file(make_tone(10.0, 16_000), 16_000, "MP3")

    waveform = decode(read_header(content, max_seconds=60), 16_000)

    # A tone that is lost for a frame, at 4 s and 8 s, was 0.1 beside itself.
    assert np.abs(waveform - make_tone(10.0, 16_000))[1_000:-1_000].max() < 0.02


def test_long_clip_is_decoded_in_pieces(make_file, make_tone):
    clip = read_header(make_file(make_tone(10.0, 16_000), 16_000), max_seconds=60)

    pieces = [len(block) for block in audio.decode(clip, 16_000)]

    assert max(pieces) == BLOCK_FRAMES
    assert sum(pieces) == clip.frames
