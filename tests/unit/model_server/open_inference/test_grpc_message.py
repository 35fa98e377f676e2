"""Protobuf messages of the Open Inference Protocol: what is read, and which sentence refuses the rest.

Only here is kserve imported: it and tritonclient.grpc cannot be in one process.
"""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from model_server.errors import BadRequestError
from model_server.open_inference.grpc_message import read_infer, read_message, write_infer
from model_server.open_inference.outputs import OutputTensor
from model_server.open_inference.tensors import MAX_LISTED_NUMBERS
from model_server.open_inference.wire import MAX_FIELDS, MAX_LISTED_BYTES, split

WAVE = np.array([0.5, -1.0, 0.25], "<f4")


def message(raw=(), datatype="FP32", shape=(3,), name="audio", contents=None, **more):
    tensor = {"name": name, "datatype": datatype, "shape": list(shape)}
    if contents is not None:
        tensor["contents"] = contents
    return pb.ModelInferRequest(
        model_name="asr", **{"inputs": [tensor], "raw_input_contents": list(raw), **more}
    )


def read(given):
    return read_infer(*read_message(given.SerializeToString()))


def data(request):
    return [bytes(content.buffer()) for content in request.inputs[0].data]


@pytest.mark.parametrize(
    "given",
    [message(raw=[WAVE.tobytes()]), message(contents={"fp32_contents": WAVE})],
    ids=["raw", "typed"],
)
def test_waveform_may_be_raw_or_typed(given):
    assert data(read(given)) == [WAVE.tobytes()]


@pytest.mark.parametrize(
    "given",
    [
        message(raw=[b"\4\0\0\0RIFF\0\0\0\0"], datatype="BYTES", shape=(2,)),
        message(contents={"bytes_contents": [b"RIFF", b""]}, datatype="BYTES", shape=(2,)),
    ],
    ids=["raw", "typed"],
)
def test_sound_files_may_be_raw_or_typed(given):
    assert data(read(given)) == [b"RIFF", b""]


def test_whole_numbers_are_packed_as_their_datatype():
    assert data(read(message(datatype="INT16", contents={"int_contents": [1, -2, 3]}))) == [
        struct.pack("<hhh", 1, -2, 3)
    ]


@pytest.mark.parametrize(
    ("parameter", "value"), [({"int64_param": 8_000}, 8_000), ({"bool_param": False}, False)]
)
def test_parameters_have_the_type_they_were_given(parameter, value):
    request = read(message([WAVE.tobytes()], parameters={"x": parameter}))

    assert request.parameters == {"x": value}


@pytest.mark.parametrize(("raw", "binary"), [([WAVE.tobytes()], True), ([], False)])
def test_answer_is_raw_where_the_request_was(raw, binary):
    contents = None if raw else {"fp32_contents": WAVE}
    request = read(message(raw, contents=contents, outputs=[{"name": "text"}]))

    assert (request.binary_outputs, request.outputs[0].binary) == (binary, binary)


WRONG = {
    "raw too many": (message([b"", b""]), "1 inputs need as many raw_input_contents, not 2"),
    "raw and typed": (
        message([WAVE.tobytes()], contents={"fp32_contents": [1]}),
        "both contents and raw_input",
    ),
    "raw of other size": (message([b"abc"]), r"FP32 of shape \[3\] is 12 bytes, not 3"),
    "no contents": (message(), r"shape \[3\] is 3 numbers, not 0"),
    "contents of other type": (
        message(contents={"fp64_contents": [1] * 3}),
        "in fp32_contents, not fp64_contents",
    ),
    "less contents": (message(contents={"fp32_contents": [1]}), r"shape \[3\] is 3 numbers, not 1"),
    "loud": (message(datatype="INT16", contents={"int_contents": [2**15] * 3}), "to 32767, not 32768"),
    "elements": (message(datatype="BYTES", contents={"bytes_contents": [b""]}), "does not fit 1 elements"),
    "negative size": (message(shape=(-1,)), r"sizes of 0 or more, not \[-1\]"),
    "other datatype": (message(datatype="FP64"), "must be one of BYTES, FP32, INT16, INT32, not 'FP64'"),
    "long name": (message(name="x" * 257), "name must be a string of at most 256 characters"),
    "long id": (message(id="x" * 257), "id must be a string of at most 256 characters"),
    "name twice": (pb.ModelInferRequest(inputs=[{"name": "audio"}] * 2), "input 'audio' is given twice"),
    "empty parameter": (message(parameters={"x": {}}), "parameter 'x' has no value"),
    "output's parameter": (
        message(outputs=[{"name": "text", "parameters": {"classification": {"int64_param": 1}}}]),
        "output 'text' takes no parameter, not 'classification'",
    ),
}


@pytest.mark.parametrize(("given", "sentence"), WRONG.values(), ids=WRONG)
def test_lies_are_refused_with_a_sentence(given, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        read(given)


def test_parsing_spares_what_is_raw():
    given = message([WAVE.tobytes()], id="7")

    head, raw = split(given.SerializeToString())

    assert [bytes(view) for view in raw] == [WAVE.tobytes()]
    assert pb.ModelInferRequest.FromString(head) == message(id="7")


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        (b"\x2a\x00" * (MAX_FIELDS + 1), f"at most {MAX_FIELDS} fields"),
        (b"\x2a\x84\x08" + b"\x2a\x02\x0a\x00" * 257, f"at most {MAX_FIELDS} fields"),
        (b"\x1a\x80\x80\x80\x02" + b"x" * 2**22, "send long tensors as raw_input_contents"),
        (b"\x2a\x05abc", "field 5 of the message ends 2 bytes beyond it"),
        (b"\x2b", "a field 5 of the unknown wire type 3"),
        (b"\x09\x00", "field 1 of the message ends 7 bytes beyond it"),
        (b"\x80" * 11, "an unfinished number at byte 0"),
        (b"\x2a", "an unfinished number at byte 1"),
        (b"\x0a\x01\xff", "the message cannot be read"),
    ],
    ids=["inputs", "contents", "long id", "beyond", "group", "half", "long number", "no length", "no utf-8"],
)
def test_costly_or_broken_messages_are_refused(wire, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        read_message(wire)


def test_long_sound_files_may_be_typed():
    long = bytes(2 * MAX_LISTED_BYTES)
    given = message(datatype="BYTES", shape=(1,), contents={"bytes_contents": [long]})

    assert read(given).inputs[0].data[0].size == len(long)


def test_more_numbers_than_may_be_listed_are_refused():
    count = MAX_LISTED_NUMBERS + 1
    given = message(datatype="INT16", shape=(count,), contents={"int_contents": np.zeros(count, np.int32)})

    with pytest.raises(BadRequestError, match="send them as binary data"):
        read(given)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_read_or_refused(wire):
    try:
        parsed, raw = read_message(wire)
    except BadRequestError:
        return
    whole = pb.ModelInferRequest.FromString(wire)
    assert [bytes(view) for view in raw] == list(whole.raw_input_contents)
    assert not parsed.raw_input_contents


@pytest.mark.parametrize("binary", [True, False])
def test_answer_is_a_message(binary):
    tensors = [OutputTensor("text", "BYTES", ["hé"]), OutputTensor("confidence", "FP32", [0.5])]
    tensors.append(OutputTensor("needs_review", "BOOL", [True]))

    answer = write_infer("asr", "3", "7", [(tensor, binary) for tensor in tensors])

    assert [list(output.shape) for output in answer.outputs] == [[1], [1], [1]]
    if binary:
        assert list(answer.raw_output_contents) == [b"\3\0\0\0h\xc3\xa9", b"\0\0\0\x3f", b"\1"]
    else:
        assert list(answer.outputs[0].contents.bytes_contents) == ["hé".encode()]
        assert list(answer.outputs[1].contents.fp32_contents) == [0.5]
        assert list(answer.outputs[2].contents.bool_contents) == [True]
