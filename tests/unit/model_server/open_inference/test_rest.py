"""HTTP bodies of the Open Inference Protocol: what is read, and which sentence refuses the rest."""

import base64
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.content import Content
from model_server.errors import BadRequestError
from model_server.open_inference.outputs import OutputTensor
from model_server.open_inference.rest import MAX_COMMAS, MAX_MARKS, read_infer, write_infer
from model_server.open_inference.tensors import MAX_LISTED_NUMBERS, Output


def tensor(datatype="FP32", shape=(3,), name="audio", **more):
    return {"name": name, "datatype": datatype, "shape": list(shape), **more}


def binary(size, datatype="FP32", shape=(3,), name="audio"):
    return tensor(datatype, shape, name, parameters={"binary_data_size": size})


def read(*inputs, tail=b"", **document):
    header = json.dumps({"inputs": list(inputs), **document}).encode()
    return read_infer(Content.of(header + tail), str(len(header)) if tail else None)


def element(data, says=None):
    return struct.pack("<I", len(data) if says is None else says) + data


def samples(request):
    return np.frombuffer(request.inputs[0].data[0].buffer(), "<f4").tolist()


def test_binary_numbers_share_the_memory_of_the_body():
    wave = np.array([0.5, -1.0, 0.25], "<f4")
    header = json.dumps({"inputs": [binary(12)]}).encode()
    body = Content.of(header + wave.tobytes())

    request = read_infer(body, str(len(header)))

    assert samples(request) == [0.5, -1.0, 0.25]
    assert request.inputs[0].data[0].descriptor == body.descriptor


@pytest.mark.parametrize(("shape", "data"), [((3,), [0.5, -1, 0.25]), ((1, 3), [[0.5, -1, 0.25]])])
def test_listed_numbers_may_be_flat_or_nested(shape, data):
    assert samples(read(tensor(shape=shape, data=data))) == [0.5, -1.0, 0.25]


def test_binary_elements_are_told_apart_by_their_lengths():
    tail = element(b"RIFF") + element(b"") + element(b"fLaC!")

    request = read(binary(len(tail), "BYTES"), tail=tail)

    assert [bytes(data.buffer()) for data in request.inputs[0].data] == [b"RIFF", b"", b"fLaC!"]


def test_listed_elements_are_base64():
    encoded = base64.b64encode(b"RIFF\xff").decode()

    request = read(tensor("BYTES", (1,), data=[encoded]))

    assert bytes(request.inputs[0].data[0].buffer()) == b"RIFF\xff"


def test_each_binary_tensor_has_its_own_stretch():
    tail = struct.pack("<hhhi", 1, -2, 3, 8000)

    request = read(binary(6, "INT16"), binary(4, "INT32", (1,), "sample_rate"), tail=tail)

    assert [bytes(tensor.data[0].buffer()) for tensor in request.inputs] == [tail[:6], tail[6:]]


def test_outputs_follow_the_request_unless_they_say_otherwise():
    text, confidence = {"name": "text"}, {"name": "confidence", "parameters": {"binary_data": False}}
    audio = tensor(data=[0, 0, 0])

    request = read(audio, outputs=[text, confidence], parameters={"binary_data_output": True})

    assert request.outputs == (Output("text", True), Output("confidence", False))


WRONG = {
    "no inputs": ([], {"inputs": 1}, b"", "inputs must be a list of tensors, not 1"),
    "no tensor": ([5], {}, b"", "each of inputs must be an object, not 5"),
    "no name": ([{"shape": [1]}], {}, b"", "a tensor's name must be a string of at most 256 characters"),
    "no datatype": ([{"name": "audio"}], {}, b"", "one of BYTES, FP32, INT16, INT32, not None"),
    "other datatype": ([tensor("FP16")], {}, b"", "one of BYTES, FP32, INT16, INT32, not 'FP16'"),
    "datatype of a list": ([tensor(["FP32"])], {}, b"", r"INT32, not \['FP32'\]"),
    "shape of text": ([{**tensor(), "shape": "3"}], {}, b"", "shape must be a list, not '3'"),
    "no size": ([tensor(shape=())], {}, b"", r"shape must be 1 to 2 sizes of 0 or more, not \[\]"),
    "negative size": ([tensor(shape=(-1,))], {}, b"", r"sizes of 0 or more, not \[-1\]"),
    "size of a flag": ([tensor(shape=(True,))], {}, b"", r"sizes of 0 or more, not \[True\]"),
    "half a size": ([tensor(shape=(1.5,))], {}, b"", r"sizes of 0 or more, not \[1.5\]"),
    "three sizes": ([tensor(shape=(1, 1, 1))], {}, b"", r"1 to 2 sizes of 0 or more, not \[1, 1, 1\]"),
    "too many elements": ([tensor("BYTES", (33,))], {}, b"", "at most 32 elements, not 33"),
    "no data": ([tensor()], {}, b"", "must have a list as data, or binary_data_size"),
    "data of text": ([tensor(data="abc")], {}, b"", "must have a list as data"),
    "data of texts": ([tensor(data=["1", 2, 3])], {}, b"", "data of FP32 must be numbers only"),
    "data of flags": ([tensor(data=[True, 2, 3])], {}, b"", "data of FP32 must be numbers only"),
    "data of nothing": ([tensor(data=[None, 2, 3])], {}, b"", "data of FP32 must be numbers only"),
    "data of lists": ([tensor(data=[[1], [2], [3]])], {}, b"", "data of FP32 must be numbers only"),
    "less data": ([tensor(data=[1, 2])], {}, b"", r"shape \[3\] is 3 numbers, not 2"),
    "more data": ([tensor(shape=(1, 3), data=[1] * 4)], {}, b"", r"shape \[1, 3\] is 3 numbers, not 4"),
    "loud data": ([tensor("INT16", data=[1, 2, 40000])], {}, b"", "-32768 to 32767, not 40000"),
    "half data": ([tensor("INT16", data=[1, 2, 0.5])], {}, b"", "must be whole, -32768 to 32767, not 0.5"),
    "too few elements": ([tensor("BYTES", (2,), data=["AA=="])], {}, b"", "does not fit 1 elements"),
    "element of a number": ([tensor("BYTES", (1,), data=[1])], {}, b"", "must be the base64 of a sound file"),
    "no base64": ([tensor("BYTES", (1,), data=["!"])], {}, b"", "element 0 is not base64"),
    "no ascii": ([tensor("BYTES", (1,), data=["é"])], {}, b"", "element 0 is not base64"),
    "data twice": ([{**binary(12), "data": [1]}], {}, b"\0" * 12, "has both data and binary_data_size"),
    "size of text": ([binary("12")], {}, b"\0" * 12, "must be 0 to 12, not '12'"),
    "size of a flag, binary": ([binary(True)], {}, b"\0" * 12, "must be 0 to 12, not True"),
    "negative binary size": ([binary(-1)], {}, b"\0" * 12, "must be 0 to 12, not -1"),
    "size beyond the body": ([binary(16, shape=(4,))], {}, b"\0" * 12, "must be 0 to 12, not 16"),
    "shape and size": ([binary(12, shape=(4,))], {}, b"\0" * 12, r"FP32 of shape \[4\] is 16 bytes, not 12"),
    "huge shape": ([binary(12, shape=(2**62, 2**62))], {}, b"\0" * 12, "bytes, not 12"),
    "left over": ([binary(12)], {}, b"\0" * 13, "announce 12 bytes of binary data, but 13 follow"),
    "element beyond": ([binary(5, "BYTES", (1,))], {}, element(b"a", says=2), "says 2 bytes, of which 1 are"),
    "element of 4 GB": (
        [binary(5, "BYTES", (1,))],
        {},
        element(b"a", says=2**32 - 1),
        "says 4294967295 bytes",
    ),
    "half a length": ([binary(3, "BYTES", (1,))], {}, b"\1\0\0", "its bytes end before element 0 of 1"),
    "missing element": ([binary(5, "BYTES", (2,))], {}, element(b"a"), "its bytes end before element 1 of 2"),
    "element too many": ([binary(10, "BYTES", (1,))], {}, element(b"a") * 2, "5 bytes are left over after"),
    "name twice": ([tensor(data=[1] * 3)] * 2, {}, b"", "input 'audio' is given twice"),
    "parameters of a list": ([tensor(parameters=[])], {}, b"", r"parameters of 'audio' must be an object"),
    "id of a number": ([], {"id": 5}, b"", "id must be a string of at most 256 characters, not 5"),
    "long id": ([], {"id": "x" * 257}, b"", "id must be a string of at most 256 characters"),
    "outputs of text": ([], {"outputs": "text"}, b"", "outputs must be a list of tensors, not 'text'"),
    "flag of text": ([], {"parameters": {"binary_data_output": "yes"}}, b"", "true or false, not 'yes'"),
    "output's parameter": (
        [],
        {"outputs": [{"name": "text", "parameters": {"classification": 3}}]},
        b"",
        "parameter of output 'text' must be binary_data, not 'classification'",
    ),
}


@pytest.mark.parametrize(("inputs", "document", "tail", "sentence"), WRONG.values(), ids=WRONG)
def test_lies_are_refused_with_a_sentence(inputs, document, tail, sentence):
    with pytest.raises(BadRequestError, match=sentence):
        read(*inputs, tail=tail, **document)


@pytest.mark.parametrize("length", ["-1", "1.5", "x", "", "99", "1e1", "²", "9" * 5000])
def test_header_length_must_lie_in_the_body(length):
    with pytest.raises(BadRequestError, match="must be a whole number up to the body's 13 bytes"):
        read_infer(Content.of(b'{"inputs":[]}'), length)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"inputs": [NaN]}', b"null", b'"inputs"'])
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(BadRequestError, match=r"not JSON|must be an object"):
        read_infer(Content.of(body), None)


@pytest.mark.parametrize("body", [b"[" * (MAX_MARKS + 1), b"{}" * (MAX_MARKS + 1), b"," * (MAX_COMMAS + 1)])
def test_costly_json_is_refused_before_it_is_parsed(body):
    with pytest.raises(BadRequestError, match="send long tensors as binary data"):
        read_infer(Content.of(body), None)


def test_half_a_minute_may_be_listed():
    request = read(tensor(shape=(MAX_LISTED_NUMBERS,), data=[0] * MAX_LISTED_NUMBERS))

    assert request.inputs[0].data[0].size == 4 * MAX_LISTED_NUMBERS


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
KEYS = ("name", "datatype", "shape", "data", "parameters")
TENSORS = st.fixed_dictionaries(
    {},
    optional={key: JSON_VALUES | st.sampled_from(["audio", "BYTES", "FP32", [1], []]) for key in KEYS},
)


@given(st.lists(TENSORS | JSON_VALUES, max_size=3), st.binary(max_size=32), JSON_VALUES)
def test_any_other_document_is_read_or_refused(inputs, tail, parameters):
    try:
        request = read(*inputs, tail=tail, parameters=parameters)
    except BadRequestError:
        return
    assert len(request.inputs) == len(inputs)


def test_answer_has_binary_outputs_behind_its_json():
    text, confidence = OutputTensor("text", "BYTES", ["hé"]), OutputTensor("confidence", "FP32", [0.5])

    body, length = write_infer("asr", "3", "7", [(text, True), (confidence, False)])

    document = json.loads(body[:length])
    assert document["outputs"][0]["parameters"] == {"binary_data_size": 7}
    assert document["outputs"][1] == {"name": "confidence", "datatype": "FP32", "shape": [1], "data": [0.5]}
    assert body[length:] == b"\3\0\0\0h\xc3\xa9"


def test_answer_without_binary_outputs_is_all_json():
    body, length = write_infer("asr", "3", "7", [(OutputTensor("confidence", "FP32", [float("nan")]), False)])

    assert length is None
    assert json.loads(body) == {
        "model_name": "asr",
        "model_version": "3",
        "id": "7",
        "outputs": [{"name": "confidence", "datatype": "FP32", "shape": [1], "data": [None]}],
    }
