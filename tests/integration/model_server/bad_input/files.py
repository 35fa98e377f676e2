"""Sound files that are damaged, lie, or are none, each with what it is answered; made here, byte by byte."""

import io
import struct

import numpy as np
import soundfile

SECOND = 16_000
NOISE = np.random.default_rng(1).normal(0, 0.1, SECOND).astype(np.float32)
SILENCE = np.zeros(SECOND, np.float32)
SILENT_BYTES = bytes(2 * SECOND)


def encoded(samples, file_format, subtype=None, sample_rate=SECOND):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


def wav(*, form=1, channels=1, rate=SECOND, bits=16, data=SILENT_BYTES, data_size=None):
    """A WAV file whose header says what it is told to."""
    frame = channels * bits // 8
    fmt = struct.pack("<HHIIHH", form, channels, rate, rate * frame % 2**32, frame % 2**16, bits)
    size = len(data) if data_size is None else data_size
    head = struct.pack("<4sI4s4sI", b"RIFF", (36 + size) % 2**32, b"WAVE", b"fmt ", 16)
    return head + fmt + struct.pack("<4sI", b"data", size) + data


def flac(*, rate=None, frames=None):
    """A second of silence whose STREAMINFO says what it is told to: 20 bits of rate, 36 bits of count."""
    data = bytearray(encoded(SILENCE, "FLAC"))
    if rate is not None:
        data[18:21] = (rate << 4 | data[20] & 15).to_bytes(3, "big")
    if frames is not None:
        data[21] = data[21] & 0xF0 | frames >> 32
        data[22:26] = (frames % 2**32).to_bytes(4, "big")
    return bytes(data)


def silence(file_format, hours):
    """Hours of silence in a file that is small."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", SECOND, 1, "PCM_16", format=file_format) as file:
        minute = np.zeros(60 * SECOND, np.int16)
        for _ in range(60 * hours):
            file.write(minute)
    return buffer.getvalue()


def part_of(samples, file_format, share):
    whole = encoded(samples, file_format)
    return whole[: int(len(whole) * share)]


def with_granule(position):
    """An OGG file whose last page claims to end at this sample."""
    data = bytearray(encoded(NOISE, "OGG"))
    page = data.rindex(b"OggS")
    data[page + 6 : page + 14] = struct.pack("<q", position)
    return bytes(data)


def mp3_frames_of(junk):
    """Headers of MPEG 1 layer III frames with noise in them."""
    random = np.random.default_rng(3)
    return b"".join(b"\xff\xfb\x90\x64" + random.bytes(junk) for _ in range(50))


TWO_RATES = encoded(NOISE, "MP3", sample_rate=44_100) + encoded(NOISE, "MP3")
NO_AUDIO = "bytes are not WAV, FLAC, OGG or MP3 audio"
# Name, file, code, what its sentence has; "" where it is answered with a transcript.
FILES = (
    ("empty", b"", 422, "the audio is empty: 0 bytes"),
    ("text", b"hello", 422, NO_AUDIO),
    ("zeros", bytes(4096), 422, NO_AUDIO),
    ("a zip archive", b"PK\3\4" + bytes(100), 422, NO_AUDIO),
    ("a script", b"#!/bin/sh\nexit\n", 422, NO_AUDIO),
    ("riff alone", b"RIFF\xff\xff\xff\xffWAVEfmt ", 422, NO_AUDIO),
    ("ogg alone", b"OggS" + bytes(60), 422, NO_AUDIO),
    ("flac alone", b"fLaC" + bytes(60), 422, NO_AUDIO),
    ("mp3 frames alone", b"\xff\xfb\x90\x64" * 4, 422, NO_AUDIO),
    ("id3 tag that never ends", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(5000), 422, NO_AUDIO),
    ("aiff", encoded(NOISE, "AIFF"), 422, "must be WAV, FLAC, OGG or MP3, not AIFF"),
    ("au", encoded(NOISE, "AU"), 422, "must be WAV, FLAC, OGG or MP3, not AU"),
    ("caf", encoded(NOISE, "CAF"), 422, "must be WAV, FLAC, OGG or MP3, not CAF"),
    # A WAV that ends early is as long as it is: those who stream one cannot know its length.
    ("wav cut in its header", encoded(NOISE, "WAV")[:30], 422, NO_AUDIO),
    ("wav cut after its header", wav(data=b"", data_size=32_000), 422, "a header but no samples"),
    ("wav cut in half", part_of(SILENCE, "WAV", 0.5), 200, ""),
    ("flac cut in its header", part_of(NOISE, "FLAC", 0.001), 422, NO_AUDIO),
    ("flac cut in half", part_of(NOISE, "FLAC", 0.5), 422, "the audio cannot be decoded"),
    ("flac without its last byte", encoded(NOISE, "FLAC")[:-1], 422, "the audio cannot be decoded"),
    ("ogg cut in its header", part_of(NOISE, "OGG", 0.02), 422, NO_AUDIO),
    ("ogg cut in half", part_of(NOISE, "OGG", 0.5), 422, "a header but no samples"),
    ("mp3 cut in half", part_of(NOISE, "MP3", 0.5), 200, ""),
    ("flac twice", 2 * encoded(NOISE, "FLAC"), 422, "another one follows in this FLAC"),
    ("ogg twice", 2 * encoded(NOISE, "OGG"), 422, "another one follows in this OGG"),
    ("mp3 twice", 2 * encoded(NOISE, "MP3"), 200, ""),
    ("mp3 at two rates", TWO_RATES, 422, "not go on at 16000 Hz mono after 44100 Hz mono"),
    ("mp3 of free format", 40 * (b"\xff\xfb\0\xc0" + bytes(413)), 422, "no free format"),
    ("wav of no bytes, it says", wav(data_size=0), 422, "a header but no samples"),
    ("wav of twice its bytes, it says", wav(data_size=64_000), 200, ""),
    ("wav of 2^32-1 bytes, it says", wav(data_size=2**32 - 1), 200, ""),
    ("wav of -2^31 bytes, it says", wav(data_size=2**31), 200, ""),
    ("flac of one sample, it says", flac(frames=1), 200, ""),
    ("flac of unknown length", flac(frames=0), 422, "must say how many samples there are"),
    ("flac of more than it has", flac(frames=17_000), 422, "ends after 16000 of its 17000 samples"),
    ("flac of 2^36-1 samples, it says", flac(frames=2**36 - 1), 413, "at most 60 s long, not 4294967.3 s"),
    ("ogg of 2^62 samples, it says", with_granule(2**62), 200, ""),
    ("ogg of -1 samples, it says", with_granule(-1), 200, ""),
    ("three hours of flac silence", silence("FLAC", 3), 413, "at most 60 s long, not 10800.0 s"),
    ("61 seconds", encoded(np.zeros(61 * SECOND, np.int16), "WAV"), 413, "at most 60 s long, not 61.0 s"),
    ("0 Hz", wav(rate=0), 422, NO_AUDIO),
    ("1 Hz", wav(rate=1), 422, "sample rate must be 8000 to 192000 Hz, not 1"),
    ("192 kHz", wav(rate=192_000), 200, ""),
    ("400 kHz", wav(rate=400_000), 422, "not 400000"),
    ("flac of 0 Hz", flac(rate=0), 422, NO_AUDIO),
    ("flac of 655350 Hz", flac(rate=655_350), 422, "not 655350"),
    ("one sample at 192 kHz", wav(rate=192_000, data=b"\0\0"), 422, "too short: 1 samples at 192000 Hz"),
    ("no channel", wav(channels=0), 422, NO_AUDIO),
    ("8 channels", wav(channels=8), 200, ""),
    ("9 channels", wav(channels=9, data=bytes(18_000)), 422, "1 to 8 channels, not 9"),
    ("65535 channels", wav(channels=65_535, data=bytes(655_350)), 422, NO_AUDIO),
    ("samples of no bits", wav(bits=0), 422, NO_AUDIO),
    ("a form that is none", wav(form=0), 422, NO_AUDIO),
    ("gsm without its fields", wav(form=49), 422, NO_AUDIO),
    ("all NaN", encoded(NOISE * np.nan, "WAV", "FLOAT"), 422, "not numbers (NaN or infinite)"),
    ("one NaN", encoded(np.append(NOISE, np.nan), "WAV", "FLOAT"), 422, "not numbers (NaN or infinite)"),
    ("infinite", encoded(NOISE * np.inf, "WAV", "FLOAT"), 422, "not numbers (NaN or infinite)"),
    ("16-bit scale in floats", encoded(NOISE * 32_768, "WAV", "FLOAT"), 422, "about -1 to 1, not up to"),
    ("mp3 frames of noise", mp3_frames_of(413), 422, ""),
)
