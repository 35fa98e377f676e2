"""MP3: all of it is heard, whatever its first frame says; walks through hostile bytes end, and soon."""

import io
import math
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server import audio
from model_server.content import Content
from model_server.errors import BadAudioError, TooLongError
from model_server.mp3 import frames_only
from model_server.mp3_frames import MAX_PLACES, walk

MODES = ("CONSTANT", "VARIABLE")
# 128 kbit/s at 44.1 kHz, mono: 144 * 128000 / 44100 bytes; 8 kbit/s of MPEG 2 at 24 kHz: 72 * 8000 / 24000.
FRAME = b"\xff\xfb\x90\xc0" + bytes(413)
SMALL_FRAME = b"\xff\xf3\x14\xc0" + bytes(20)
STEREO_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
FREE_FORMAT_FRAME = b"\xff\xfb\x00\xc0" + bytes(413)
# 384 kbit/s at 44.1 kHz: 12 * 384000 / 44100 slots of 4 bytes.
LAYER_1_FRAME = b"\xff\xff\xc0\xc0" + bytes(412)
ID3V1 = b"TAG" + b"title".ljust(125, b"\0")
APE = b"APETAGEX" + struct.pack("<IIII8x", 2_000, 32, 0, 1 << 31) + bytes(32)


def id3v2(body, foot=False):
    size = bytes(len(body) >> 7 * place & 0x7F for place in (3, 2, 1, 0))
    rest = b"\x04\x00" + (b"\x10" if foot else b"\0") + size
    return b"ID3" + rest + body + (b"3DI" + rest if foot else b"")


def mp3(samples, sample_rate, mode="VARIABLE"):
    buffer = io.BytesIO()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(buffer, "w", sample_rate, channels, format="MP3", bitrate_mode=mode) as file:
        file.write(samples)
    return buffer.getvalue()


def untagged(data):
    """Without the frame that LAME writes first, which has the same first two bytes as the next."""
    assert b"Xing" in data[:50] or b"Info" in data[:50]
    return data[data.index(data[:2], 150) :]


def three_parts(sample_rate, channels=1):
    """A second of silence, one of noise, one of a tone: where the bit rate varies, it varies here."""
    noise = np.random.default_rng(2).normal(0, 0.1, sample_rate)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(sample_rate) / sample_rate)
    mono = np.concatenate([np.zeros(sample_rate), noise, tone]).astype(np.float32)
    return mono if channels == 1 else np.stack([mono] * channels, axis=1)


def hear(data, max_seconds=60):
    """Its duration by its header, and its samples at 16 kHz."""
    clip = audio.read_header(Content.of(data), max_seconds)
    waveform = np.concatenate(list(audio.decode(clip, 16_000)))
    assert len(waveform) == pytest.approx(clip.seconds * 16_000, abs=2)
    return clip.seconds, waveform


def pitch(waveform):
    return np.argmax(np.abs(np.fft.rfft(waveform))) * 16_000 / len(waveform)


def frames_in(data, max_seconds=math.inf):
    return walk(memoryview(data), max_seconds).frames


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_file_without_a_count_is_heard_whole(sample_rate, mode, channels):
    seconds, waveform = hear(untagged(mp3(three_parts(sample_rate, channels), sample_rate, mode)))

    silence, noise, tone = (waveform[at * 16_000 + 4_000 :][:8_000] for at in range(3))
    # The encoder begins with some 1,100 samples and fills the last frame: 0.3 s at 8 kHz, less above.
    assert 3 <= seconds < 3.3
    assert np.abs(silence).max() < 0.01
    assert np.std(noise) > 0.03
    assert pitch(tone) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample_rate", [16_000, 44_100])
def test_file_with_a_count_has_the_samples_that_were_recorded(sample_rate, mode):
    data = mp3(three_parts(sample_rate), sample_rate, mode)

    clip = audio.read_header(Content.of(data), 60)
    waveform = np.concatenate(list(audio.decode(clip, sample_rate)))

    assert clip.seconds == 3
    assert np.allclose(waveform, soundfile.read(io.BytesIO(data), dtype="float32")[0], atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2**32 - 1])
def test_count_that_is_wrong_is_not_believed(count):
    data = bytearray(mp3(three_parts(44_100), 44_100))
    at = data.index(b"Xing") + 8
    data[at : at + 4] = struct.pack(">I", count)

    assert 3 <= hear(bytes(data))[0] < 3.1


@pytest.mark.parametrize("between", [b"", ID3V1, ID3V1 + id3v2(b"TIT2" + bytes(90)), APE], ids=len)
@pytest.mark.parametrize("mode", MODES)
def test_joined_files_are_heard_both(mode, between, make_tone):
    low, high = (mp3(make_tone(2.0, 22_050, hertz), 22_050, mode) for hertz in (440, 1_000))

    seconds, waveform = hear(low + between + high)

    assert 4 <= seconds < 4.3
    assert pitch(waveform[4_000:28_000]) == pytest.approx(440, abs=2)
    assert pitch(waveform[-28_000:-4_000]) == pytest.approx(1_000, abs=2)


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (FRAME, STEREO_FRAME, "go on at 44100 Hz stereo after 44100 Hz mono"),
        (FRAME, SMALL_FRAME, "go on at 24000 Hz mono after 44100 Hz mono"),
    ],
    ids=["channels", "rate"],
)
def test_joined_files_of_two_kinds_are_refused(first, second, sentence):
    with pytest.raises(BadAudioError, match=sentence):
        hear(first * 20 + ID3V1 + second * 20)


@pytest.mark.parametrize("mode", MODES)
def test_file_that_is_cut_is_heard_to_its_last_whole_frame(mode):
    data = untagged(mp3(three_parts(16_000), 16_000, mode))

    whole, cut, half = (hear(data[:end])[0] for end in (len(data), -7, len(data) // 2))

    assert cut == whole - 576 / 16_000
    assert 1 < half < 2


@pytest.mark.parametrize("end", [ID3V1, APE, APE + ID3V1, bytes(100_000), FRAME[:-1]], ids=len)
def test_what_follows_the_last_frame_is_not_sound(end):
    data = mp3(three_parts(16_000), 16_000)

    assert hear(data + end)[0] == 3


@pytest.mark.parametrize("foot", [False, True])
def test_frames_in_a_tag_are_not_sound(foot):
    assert frames_in(id3v2(SMALL_FRAME * 10, foot) + FRAME * 10) == 10


def test_frames_in_a_wav_file_are_counted_too(make_tone):
    data = untagged(mp3(make_tone(2.0, 16_000), 16_000))
    # A WAVEFORMATEX of MP3 (0x55), and a count of samples that is not to be believed.
    fmt = struct.pack("<HHIIHHHHIHHH", 0x55, 1, 16_000, 3_000, 1, 0, 12, 1, 2, 108, 1, 1_393)
    chunks = ((b"fmt ", fmt), (b"fact", struct.pack("<I", 800)), (b"data", data))
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(chunk)) + chunk for name, chunk in chunks)

    seconds, waveform = hear(b"RIFF" + struct.pack("<I", len(body)) + body)

    assert 2 <= seconds < 2.2
    assert pitch(waveform[4_000:28_000]) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("frame", [FREE_FORMAT_FRAME, LAYER_1_FRAME], ids=["free-format", "layer-1"])
def test_other_frames_are_refused_by_name(frame):
    with pytest.raises(BadAudioError, match=r"layer III in a row, .*no free format"):
        hear(frame * 40)


def test_file_of_nothing_but_its_count_is_refused():
    tag = FRAME[:21] + b"Xing" + struct.pack(">II", 1, 100) + bytes(384)

    with pytest.raises(BadAudioError, match="a header but no samples"):
        frames_only(memoryview(tag), 60)


def test_walk_stops_where_frames_are_longer_than_allowed():
    data = SMALL_FRAME * 100_000  # 2400 s

    with pytest.raises(TooLongError, match="at most 60 s long, which this MP3 is not"):
        hear(data)
    with pytest.raises(TooLongError, match=r"at most 2400 s long, not 2400\.\d s|which this MP3 is not"):
        hear(data + SMALL_FRAME * 20, 2_400)


@pytest.mark.parametrize("sample", range(3))
def test_clip_just_as_long_as_allowed_is_taken(sample):
    data = mp3(np.zeros(44_100 * 2 - sample, np.float32), 44_100)

    assert hear(data, 2)[0] == (44_100 * 2 - sample) / 44_100


ROW = st.integers(3, 6).map(lambda count: FRAME * count)
BETWEEN = st.sampled_from([ID3V1, APE, ID3V1 + id3v2(FRAME * 4), id3v2(FRAME * 4, True), b"\xff"])


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(ROW, BETWEEN | st.binary(max_size=20)), min_size=1, max_size=8))
def test_every_row_of_frames_is_found_and_nothing_else(parts):
    data = b"".join(row + between for row, between in parts)

    found = walk(memoryview(data), math.inf)

    assert b"".join(data[begin:end] for begin, end in found.stretches) == b"".join(row for row, _ in parts)
    assert found.frames * len(FRAME) == sum(len(row) for row, _ in parts)


MEGABYTE = 1_000_000


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("junk", "frames"),
    [
        (b"\0", 10),
        (b"\xff", 10),
        (b"\xff\xfb", 10),
        (b"ID3\x04\0\0\0\0\0\0", 10),
        (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", 10),
        (b"\xff\xfb\x90\xc0", None),
        (SMALL_FRAME * 3 + b"\0", None),
    ],
    ids=["zeros", "ones", "syncs", "tags", "endless-tags", "headers", "rows"],
)
def test_walk_of_junk_takes_time_in_proportion(junk, frames):
    data = SMALL_FRAME * 10 + junk * (20 * MEGABYTE // len(junk))

    if frames is None:
        with pytest.raises(BadAudioError, match=f"broken in {MAX_PLACES} places|keep its rate"):
            frames_in(data)
    else:
        assert frames_in(data) == frames
