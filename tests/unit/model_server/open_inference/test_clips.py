"""Tensors become clips; what cannot be meant is refused."""

import struct

import numpy as np
import pytest

from model_server.content import Content
from model_server.errors import BadAudioError, BadRequestError, TooLongError
from model_server.open_inference.clips import read_clips, timeout_seconds
from model_server.open_inference.tensors import InferRequest, Tensor

ONE_SECOND = np.zeros(16_000, "<f4").tobytes()


def audio(data=ONE_SECOND, datatype="FP32", shape=(16_000,), **parameters):
    elements = data if isinstance(data, list) else [data]
    return Tensor("audio", datatype, shape, parameters, tuple(Content.of(element) for element in elements))


def sample_rate(hertz, datatype="INT32", shape=(1,)):
    return Tensor("sample_rate", datatype, shape, {}, (Content.of(struct.pack("<i", hertz)),))


def clips(*inputs, **parameters):
    return read_clips(InferRequest("", parameters, inputs, None), model_rate=16_000, max_seconds=3)


@pytest.mark.parametrize(
    ("inputs", "parameters", "rate"),
    [
        ((audio(),), {}, 16_000),
        ((audio(),), {"sample_rate": 8_000}, 8_000),
        ((audio(sample_rate=8_000),), {}, 8_000),
        ((audio(), sample_rate(8_000)), {}, 8_000),
        ((sample_rate(8_000), audio(shape=(1, 16_000))), {}, 8_000),
    ],
)
def test_rate_of_a_waveform_is_the_models_unless_given(inputs, parameters, rate):
    (clip,) = clips(*inputs, **parameters)

    assert (clip.encoding, clip.sample_rate, clip.frames) == ("float32", rate, 16_000)


def test_whole_numbers_are_a_waveform_too():
    (clip,) = clips(audio(bytes(16_000), "INT16", (8_000,)))

    assert (clip.encoding, clip.seconds) == ("int16", 0.5)


def test_each_sound_file_is_a_clip(make_file, make_tone):
    files = [make_file(make_tone(seconds, 8_000), 8_000) for seconds in (0.5, 1.0)]

    assert [clip.seconds for clip in clips(audio(files, "BYTES", (2,)))] == [0.5, 1.0]


def test_sound_files_together_are_bounded(make_file, make_tone):
    file = make_file(make_tone(2.0, 8_000), 8_000)

    with pytest.raises(TooLongError, match=r"at most 3 s of audio, not 4\.0 s"):
        clips(audio([file, file], "BYTES", (2,)))


WRONG = {
    "no audio": ((sample_rate(8_000),), {}, "must have a tensor 'audio'"),
    "nothing": ((), {}, "must have a tensor 'audio'"),
    "other input": (
        (Tensor("x", "FP32", (0,), {}, ()),),
        {},
        "input must be one of audio, sample_rate, not 'x'",
    ),
    "other parameter": (
        (audio(),),
        {"language": "en"},
        "one of sample_rate, timeout, binary_data_output, not",
    ),
    "audio's parameter": ((audio(rate=8_000),), {}, "one of sample_rate, binary_data_size, not 'rate'"),
    "other datatype": ((audio(datatype="INT32"),), {}, "datatype must be BYTES, FP32, INT16, not INT32"),
    "two waveforms": ((audio(shape=(2, 8_000)),), {}, r"\[samples\] or \[1, samples\], not \[2, 8000\]"),
    "files in rows": (
        (audio(datatype="BYTES", shape=(1, 1)),),
        {},
        r"must be \[n\], n from 1 on, not \[1, 1\]",
    ),
    "no file": ((audio([], "BYTES", (0,)),), {}, r"must be \[n\], n from 1 on, not \[0\]"),
    "rate of a file": (
        (audio(datatype="BYTES", shape=(1,)),),
        {"sample_rate": 8_000},
        "a sound file tells its own",
    ),
    "two rates": ((audio(sample_rate=8_000), sample_rate(8_000)), {}, "must be given once, not 2 times"),
    "rate of text": ((audio(sample_rate="8000"),), {}, "sample_rate must be a whole number, not '8000'"),
    "rate of a flag": ((audio(sample_rate=True),), {}, "sample_rate must be a whole number, not True"),
    "short rate": (
        (audio(), sample_rate(8_000, "INT16")),
        {},
        r"INT32 of shape \[1\], not INT16 of shape \[1\]",
    ),
    "rates": (
        (audio(), sample_rate(8_000, shape=(2,))),
        {},
        r"INT32 of shape \[1\], not INT32 of shape \[2\]",
    ),
}


@pytest.mark.parametrize(("inputs", "parameters", "sentence"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused(inputs, parameters, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        clips(*inputs, **parameters)


@pytest.mark.parametrize("rate", [0, -1, 192_001])
def test_rate_no_speech_has_is_no_usable_audio(rate):
    with pytest.raises(BadAudioError, match=f"sample rate must be 8000 to 192000 Hz, not {rate}"):
        clips(audio(), sample_rate(rate))


def test_timeout_is_told_in_microseconds():
    assert timeout_seconds(InferRequest("", {"timeout": 1_500_000}, (), None)) == 1.5
    assert timeout_seconds(InferRequest("", {}, (), None)) is None


@pytest.mark.parametrize("timeout", [0, -5, True, "1", 1.5])
def test_timeout_of_no_time_is_refused(timeout):
    with pytest.raises(BadRequestError, match="timeout must be a whole number of microseconds from 1 on"):
        timeout_seconds(InferRequest("", {"timeout": timeout}, (), None))
