"""CTranslate2's file becomes the safetensors that Hugging Face would give, or is refused with a sentence."""

import contextlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.artefact.ctranslate2 import read_variables
from model_server.artefact.whisper_weights import convert
from model_server.errors import ArtefactError

FLOAT16, INT8 = 4, 1
STACK = "encoder/layer_0/self_attention/linear_0"


def text(value):
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def variable(name, shape, numbers, type_number=FLOAT16):
    data = struct.pack(f"<{len(numbers)}{'e' if type_number == FLOAT16 else 'b'}", *numbers)
    return (
        text(name)
        + struct.pack(f"<B{len(shape)}I", len(shape), *shape)
        + struct.pack("<BI", type_number, len(data))
        + data
    )


def model_bin(*variables, version=6, kind="WhisperSpec"):
    return (
        struct.pack("<I", version) + text(kind) + struct.pack("<II", 3, len(variables)) + b"".join(variables)
    )


@pytest.fixture
def converted(tmp_path):
    """The tensors (shape, numbers) that come of a model.bin."""

    def converted(content):
        (tmp_path / "model.bin").write_bytes(content)
        convert(tmp_path / "model.bin", tmp_path / "model.safetensors")
        data = (tmp_path / "model.safetensors").read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        tensors = {}
        for name, entry in json.loads(data[8:start]).items():
            first, last = entry["data_offsets"]
            numbers = struct.unpack(f"<{(last - first) // 2}e", data[start + first : start + last])
            tensors[name] = entry["shape"], numbers
        return tensors

    return converted


def test_stacked_projections_are_parted(converted):
    weight = variable("encoder/layer_3/self_attention/linear_0/weight", (3, 2), [1, 2, 3, 4, 5, 6])

    assert converted(model_bin(weight)) == {
        "model.encoder.layers.3.self_attn.q_proj.weight": ([1, 2], (1, 2)),
        "model.encoder.layers.3.self_attn.k_proj.weight": ([1, 2], (3, 4)),
        "model.encoder.layers.3.self_attn.v_proj.weight": ([1, 2], (5, 6)),
    }


def test_keys_have_no_bias(converted):
    bias = variable("decoder/layer_0/attention/linear_1/bias", (4,), [0, 0, 7, 8])

    assert converted(model_bin(bias)) == {"model.decoder.layers.0.encoder_attn.v_proj.bias": ([2], (7, 8))}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("decoder/embeddings/weight", "model.decoder.embed_tokens.weight"),
        ("encoder/position_encodings/encodings", "model.encoder.embed_positions.weight"),
        ("encoder/conv2/bias", "model.encoder.conv2.bias"),
        ("encoder/layer_norm/gamma", "model.encoder.layer_norm.weight"),
        ("decoder/layer_5/ffn/layer_norm/beta", "model.decoder.layers.5.final_layer_norm.bias"),
        ("decoder/layer_5/ffn/linear_1/weight", "model.decoder.layers.5.fc2.weight"),
        (
            "decoder/layer_1/attention/layer_norm/gamma",
            "model.decoder.layers.1.encoder_attn_layer_norm.weight",
        ),
        ("decoder/layer_1/attention/linear_2/weight", "model.decoder.layers.1.encoder_attn.out_proj.weight"),
    ],
)
def test_names_are_those_of_hugging_face(converted, theirs, ours):
    assert list(converted(model_bin(variable(theirs, (2,), [1, 2])))) == [ours]


def test_settings_are_left_out(converted):
    assert converted(model_bin(variable("decoder/pre_norm", (), [1], INT8))) == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "ends 4 bytes too soon"),
        (model_bin(version=5), "format 6, not 5"),
        (model_bin(kind="TransformerSpec"), "WhisperSpec, not a 'TransformerSpec'"),
        (model_bin(variable("encoder/conv1/bias", (2,), [1])), "needs 4 bytes, not 2"),
        (model_bin(variable("encoder/conv1/bias", (1,) * 5, [1])), "4 dimensions at most, not 5"),
        (model_bin(variable("encoder/conv1/bias", (1,), [1], INT8)), "must be float16"),
        (model_bin(variable("encoder/conv9/bias", (1,), [1])), "no variable 'encoder/conv9/bias'"),
        (model_bin(variable("encoder/layer_0/self_attention/linear_0/bias", (2,), [1, 2])), "rows for 3"),
        (
            model_bin(variable("encoder/layer_0/self_attention/linear_0/bias", (3,), [1, 2, 3])),
            "zeros for the keys",
        ),
        (model_bin(variable("encoder/conv1/bias", (2,), [1, 2]))[:-1], "ends 1 bytes too soon"),
    ],
)
def test_other_file_is_refused(converted, content, sentence):
    with pytest.raises(ArtefactError, match=sentence):
        converted(content)


@given(at=st.integers(0, 105), noise=st.binary(min_size=1, max_size=4))
def test_damaged_file_never_reads_beyond_its_end(at, noise):
    setting = variable("decoder/pre_norm", (), [1], INT8)
    whole = model_bin(variable("encoder/conv1/bias", (2,), [1, 2]), setting)
    damaged = whole[:at] + noise + whole[at + len(noise) :]

    with contextlib.suppress(ArtefactError):
        sizes = [len(read.data) for read in read_variables(memoryview(damaged), "WhisperSpec").values()]
        assert sum(sizes) < len(damaged)
