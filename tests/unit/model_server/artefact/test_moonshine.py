"""Moonshine's decoder is read from ONNX Runtime's format and written as graphs that compute what it says."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_server.artefact import moonshine_graphs
from model_server.artefact.convert import CONVERSIONS, conversion
from model_server.artefact.moonshine_decoder import Decoder, Embedding, Layer, Linear, read_decoder
from model_server.artefact.ort_file import Node, read_graph
from model_server.engines import moonshine_values as values
from model_server.errors import ArtefactError

WIDTH, INNER, VOCABULARY, LAYERS, HEADS = 64, 96, 50, 2, 8


def test_graph_of_a_real_ort_file(tmp_path):
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    result = helper.make_tensor_value_info("result", TensorProto.FLOAT, None)
    branches = {
        name: helper.make_graph([helper.make_node(operator, ["x"], ["result"])], name, [], [result])
        for name, operator in (("then_branch", "Sin"), ("else_branch", "Cos"))
    }
    nodes = [
        helper.make_node("MatMul", ["input", "weight"], ["x"]),
        helper.make_node("If", ["which"], ["result"], **branches),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 2]),
        helper.make_tensor_value_info("which", TensorProto.BOOL, []),
    ]
    graph = helper.make_graph(nodes, "g", inputs, [result], [numpy_helper.from_array(weight, "weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.optimized_model_filepath = str(tmp_path / "model.ort")
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    read = read_graph(tmp_path / "model.ort")

    assert read.makers["x"] == Node("MatMul", ("input", "weight"))
    assert read.constants["weight"].tolist() == weight.tolist()
    assert read.inner["else_branch"].makers["result"].operator == "Cos"


@pytest.mark.parametrize("content", [b"", b"short", b"\x08\x07onnx" + bytes(100)])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "decoder.ort").write_bytes(content)

    with pytest.raises(ArtefactError, match=r"decoder\.ort must be a \.ort file"):
        read_decoder(tmp_path / "decoder.ort")


def test_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(CONVERSIONS, "odd", ("model_server.artefact.no_such_module", "write"))

    with pytest.raises(ArtefactError, match="'odd' needs model_server"):
        conversion("odd")


@pytest.fixture
def decoder():
    random = np.random.default_rng(3)

    def linear(inputs, outputs, bias=False):
        return Linear(
            random.integers(0, 256, (inputs, outputs), dtype=np.uint8),
            random.uniform(0.001, 0.002, outputs).astype(np.float32),
            random.integers(100, 156, outputs, dtype=np.uint8),
            random.normal(0, 0.1, outputs).astype(np.float32) if bias else None,
        )

    def norm():
        return random.uniform(0.5, 1.5, WIDTH).astype(np.float32)

    layers = tuple(
        Layer(
            *(norm(), linear(WIDTH, 3 * WIDTH), linear(WIDTH, WIDTH)),
            *(norm(), linear(WIDTH, WIDTH), linear(WIDTH, WIDTH)),
            *(norm(), linear(WIDTH, 2 * INNER, bias=True), linear(INNER, WIDTH, bias=True)),
        )
        for _ in range(LAYERS)
    )
    return Decoder(
        Embedding(
            random.integers(0, 256, (VOCABULARY, WIDTH), dtype=np.uint8), np.float32(0.01), np.uint8(128)
        ),
        layers,
        linear(WIDTH, 2 * LAYERS * WIDTH),
        norm(),
        linear(WIDTH, VOCABULARY),
        np.array([1.0, 0.1, 0.01], np.float32),
    )


@pytest.fixture
def session(decoder, tmp_path, monkeypatch):
    """A session of each graph of the decoder, by the name of its file."""
    monkeypatch.setattr(moonshine_graphs, "read_decoder", lambda path: decoder)
    moonshine_graphs.write_cross(tmp_path, tmp_path / values.CROSS)
    moonshine_graphs.write_weights(tmp_path, tmp_path / values.WEIGHTS)
    moonshine_graphs.write_step(tmp_path, tmp_path / values.STEPS[1])
    moonshine_graphs.write_step_of_two(tmp_path, tmp_path / values.STEPS[2])
    return lambda name: onnxruntime.InferenceSession(str(tmp_path / name), providers=["CPUExecutionProvider"])


def run(session, rows, tokens, states):
    """Logits of each step of some rows whose encoder's states and tokens are given."""
    cross, step = session(values.CROSS), session(values.STEPS[rows])
    keys = [(layer, kind) for layer in range(LAYERS) for kind in values.KINDS]
    feed = {}
    for row in range(rows):
        made = cross.run([values.cross(0, *key) for key in keys], {values.HIDDEN: states[row]})
        feed |= {values.cross(row, *key): value for key, value in zip(keys, made, strict=True)}
        nothing = np.zeros((1, HEADS, 0, WIDTH // HEADS), np.float32)
        feed |= {values.past(row, *key): nothing for key in keys}
    names = [values.present(row, *key) for row in range(rows) for key in keys]
    logits = []
    for position in range(len(tokens[0])):
        feed[values.TOKENS] = np.array([[own[position]] for own in tokens], np.int64)
        feed[values.POSITION] = np.full((rows, 1), position, np.int64)
        made, *kept = step.run([values.LOGITS, *names], feed)
        feed |= {name.replace("present", "past"): value for name, value in zip(names, kept, strict=True)}
        logits.append(made[:, 0])
    return np.array(logits)


def test_step_computes_what_the_decoder_is(decoder, session):
    states = np.random.default_rng(5).normal(0, 1, (1, 7, WIDTH)).astype(np.float32)
    tokens = [3, 1, 49, 0]

    found = run(session, 1, [tokens], [states])[:, 0]

    assert np.abs(found - plain(decoder, tokens, states[0])).max() < 0.05 * np.abs(found).max()


def test_rows_are_to_the_bit_what_each_is_alone(session):
    random = np.random.default_rng(6)
    states = [
        random.normal(0, scale, (1, steps, WIDTH)).astype(np.float32) for scale, steps in ((1, 7), (9, 4))
    ]
    tokens = [[3, 1, 49, 0], [7, 7, 2, 30]]

    together = run(session, 2, tokens, states)

    for row in range(2):
        assert np.array_equal(together[:, row], run(session, 1, [tokens[row]], [states[row]])[:, 0])


def plain(decoder, tokens, states):
    """Logits of each step (steps, vocabulary), all steps at once and nothing quantised."""

    def linear(part, x):
        weight = (part.weight.astype(np.float32) - part.zero_point) * part.scale
        return x @ weight + (0 if part.bias is None else part.bias)

    def normed(x, weight):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight

    def heads(x):
        return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)

    def turned(x):
        """Pairs of neighbours are turned by the position times their frequency."""
        pairs = len(decoder.inverse_frequencies)
        angles = np.arange(x.shape[1])[:, np.newaxis] * decoder.inverse_frequencies
        result = x.copy()
        even, odd = x[..., 0 : 2 * pairs : 2], x[..., 1 : 2 * pairs : 2]
        result[..., 0 : 2 * pairs : 2] = even * np.cos(angles) - odd * np.sin(angles)
        result[..., 1 : 2 * pairs : 2] = odd * np.cos(angles) + even * np.sin(angles)
        return result

    def attention(queries, keys, weights, causal):
        scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(queries.shape[-1])
        if causal:
            scores = np.where(np.tri(scores.shape[1], dtype=bool), scores, -np.inf)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        return (shares @ weights).transpose(1, 0, 2).reshape(queries.shape[1], -1)

    kept = np.split(linear(decoder.cross_keys_values, states), 2 * LAYERS, axis=-1)
    embedding = decoder.embedding
    x = (embedding.weight[tokens].astype(np.float32) - embedding.zero_point) * embedding.scale
    for number, layer in enumerate(decoder.layers):
        queries, keys, own = np.split(
            linear(layer.queries_keys_values, normed(x, layer.attention_norm)), 3, axis=-1
        )
        attended = attention(turned(heads(queries)), turned(heads(keys)), heads(own), causal=True)
        x = x + linear(layer.attention_out, attended)
        queries = linear(layer.cross_queries, normed(x, layer.cross_norm))
        attended = attention(
            heads(queries), heads(kept[2 * number]), heads(kept[2 * number + 1]), causal=False
        )
        x = x + linear(layer.cross_out, attended)
        inner, gate = np.split(linear(layer.network_in, normed(x, layer.network_norm)), 2, axis=-1)
        x = x + linear(layer.network_out, gate / (1 + np.exp(-gate)) * inner)
    return linear(decoder.head, normed(x, decoder.norm))
