"""Writes Moonshine's decoder as three ONNX graphs that share no work they need not do.

`decoder_cross.onnx` makes the keys and values of the cross-attention, once a clip. `decoder_step.onnx` makes
one step of one clip, `decoder_step_of_two.onnx` one step of two: they go through each layer's weights
together and attend each to its own. A row's numbers are the same, to the last bit, whoever is beside it:
activations are quantised row by row (MatMulNBits, 8 bits, blocks of 32), not by the greatest of a batch as in
the merged graph. The weights' values are the merged graph's own.

The operators of the domain com.microsoft are in ONNX Runtime's docs/ContribOperators.md. Knows no engine.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from model_server.artefact.moonshine_decoder import Decoder, Layer, Linear, read_decoder
from model_server.engines.moonshine_values import (
    CROSS,
    HIDDEN,
    KEY,
    LOGITS,
    POSITION,
    POSITIONS,
    TOKENS,
    VALUE,
    WEIGHTS,
    cross,
    past,
    present,
)

MICROSOFT = "com.microsoft"
OPSETS = (helper.make_opsetid("", 18), helper.make_opsetid(MICROSOFT, 1))
IR_VERSION = 10
HEADS = 8
EPSILON = 1e-5  # of the norms
BLOCK = 32  # inputs that share a scale of their activations
# Constants of more bytes lie in the file that the graphs of steps share; each begins at such a multiple.
INLINE_BYTES, ALIGNMENT = 1024, 4096


def write_cross(merged: Path, target: Path) -> None:
    """Write `decoder_cross.onnx` from decoder_model_merged.ort, or ArtefactError."""
    _write(_cross_graph(read_decoder(merged)), target)


def write_step(merged: Path, target: Path) -> None:
    """Write `decoder_step.onnx` from decoder_model_merged.ort, or ArtefactError."""
    _write(_shared(_Step(read_decoder(merged), 1).made()), target)


def write_step_of_two(merged: Path, target: Path) -> None:
    """Write `decoder_step_of_two.onnx` from decoder_model_merged.ort, or ArtefactError."""
    _write(_shared(_Step(read_decoder(merged), 2).made()), target)


def write_weights(merged: Path, target: Path) -> None:
    """Write `decoder.weights`, of which both graphs of steps read, or ArtefactError."""
    with target.open("wb") as file:
        for tensor in _large(_Step(read_decoder(merged), 1).made()):
            file.seek(-file.tell() % ALIGNMENT, 1)
            file.write(tensor.raw_data)


class _Graph:
    """A graph in the making: values are named as they come."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, kind: int, shape: Sequence[int | str]) -> str:
        """A value that whoever runs the graph gives."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> str:
        """A value (float32) that whoever runs the graph gets."""
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A constant; of the same name it is the same."""
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def apply(self, operator: str, inputs: Sequence[str], domain: str = "", **attributes: Any) -> str:
        """The value of an operation with one."""
        return self.apply_many(operator, inputs, [f"{operator}_{len(self._nodes)}"], domain, **attributes)[0]

    def apply_many(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str = "",
        **attributes: Any,
    ) -> Sequence[str]:
        """The values of an operation, named `outputs`; one with an empty name is left out."""
        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs

    def made(self) -> onnx.ModelProto:
        """The model."""
        constants = list(self._constants.values())
        graph = helper.make_graph(self._nodes, "decoder", self._inputs, self._outputs, constants)
        return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name="serinus")


def _cross_graph(decoder: Decoder) -> onnx.ModelProto:
    graph, layers = _Graph(), len(decoder.layers)
    linear, width = decoder.cross_keys_values, decoder.cross_keys_values.weight.shape[0]
    hidden = graph.input(HIDDEN, TensorProto.FLOAT, [1, "encoder_steps", width])
    parts = [
        graph.constant(f"{CROSS}.{part}", getattr(linear, part)) for part in ("weight", "scale", "zero_point")
    ]
    flat = graph.apply("DynamicQuantizeMatMul", [hidden, *parts], MICROSOFT)
    shape = graph.constant("shape", np.array([0, 0, 2 * layers, HEADS, width // HEADS], np.int64))
    apart = graph.apply("Transpose", [graph.apply("Reshape", [flat, shape])], perm=[2, 0, 3, 1, 4])
    names = [cross(0, layer, kind) for layer in range(layers) for kind in (KEY, VALUE)]
    ones = graph.constant("ones", np.ones(2 * layers, np.int64))
    split = graph.apply_many("Split", [apart, ones], [f"{name}.stacked" for name in names], axis=0)
    first = graph.constant("first", np.array([0], np.int64))
    for name, stacked in zip(names, split, strict=True):
        graph.apply_many("Squeeze", [stacked, first], [name])
        graph.output(name, [1, HEADS, "encoder_steps", width // HEADS])
    return graph.made()


class _Step:
    """The graph of a step, layer by layer."""

    def __init__(self, decoder: Decoder, rows: int):
        self._graph = _Graph()
        self._decoder = decoder
        self._rows = rows
        self._width = decoder.embedding.weight.shape[1]

    def made(self) -> onnx.ModelProto:
        """The model: tokens and kept keys and values in, logits and keys and values out."""
        graph, decoder = self._graph, self._decoder
        tokens = graph.input(TOKENS, TensorProto.INT64, [self._rows, 1])
        self._position = graph.input(POSITION, TensorProto.INT64, [self._rows, 1])
        self._tables = [
            graph.constant(name, self._table(function))
            for name, function in (("cosines", math.cos), ("sines", math.sin))
        ]
        sums = self._embedded(tokens)
        weight = graph.constant("layers.0.attention_norm", decoder.layers[0].attention_norm)
        normed = graph.apply("LayerNormalization", [sums, weight], axis=-1, epsilon=EPSILON)
        for number, layer in enumerate(decoder.layers):
            last = number + 1 == len(decoder.layers)
            following = decoder.norm if last else decoder.layers[number + 1].attention_norm
            normed, sums = self._layer(number, layer, following, normed, sums)
        logits = self._linear("head", decoder.head, normed)
        graph.apply_many("Identity", [logits], [LOGITS])
        graph.output(LOGITS, [self._rows, 1, decoder.head.weight.shape[1]])
        return graph.made()

    def _table(self, function: Callable[[float], float]) -> NDArray[np.float32]:
        """Of each position's angles; not by numpy, whose last bits are the processor's."""
        positions = np.arange(POSITIONS, dtype=np.float32)[:, np.newaxis]
        angles = positions * self._decoder.inverse_frequencies[np.newaxis]
        return np.array([[function(angle) for angle in row] for row in angles.tolist()], np.float32)

    def _embedded(self, tokens: str) -> str:
        graph, embedding = self._graph, self._decoder.embedding
        found = graph.apply("Gather", [graph.constant("embedding", embedding.weight), tokens], axis=0)
        scale = graph.constant("embedding.scale", embedding.scale)
        zero_point = graph.constant("embedding.zero_point", embedding.zero_point)
        return graph.apply("DequantizeLinear", [found, scale, zero_point])

    def _layer(
        self, number: int, layer: Layer, following: NDArray[np.float32], normed: str, sums: str
    ) -> tuple[str, str]:
        """The sums after a layer, and normed for what follows it."""
        name = f"layers.{number}"
        heard = self._linear(f"{name}.attention_out", layer.attention_out, self._attended(number, normed))
        normed, sums = self._added(f"{name}.cross_norm", layer.cross_norm, sums, heard)
        queries = self._linear(f"{name}.cross_queries", layer.cross_queries, normed)
        attended = self._each_row(queries, lambda row, part: self._cross_attended(number, row, part))
        heard = self._linear(f"{name}.cross_out", layer.cross_out, attended)
        normed, sums = self._added(f"{name}.network_norm", layer.network_norm, sums, heard)
        inner = self._linear(f"{name}.network_in", layer.network_in, normed)
        values, gate = self._split(inner, 2)
        gated = self._graph.apply(
            "Mul", [self._graph.apply("QuickGelu", [gate], MICROSOFT, alpha=1.0), values]
        )
        heard = self._linear(f"{name}.network_out", layer.network_out, gated)
        return self._added(f"{name}.following_norm", following, sums, heard)

    def _attended(self, number: int, normed: str) -> str:
        linear = self._decoder.layers[number].queries_keys_values
        queries, keys, values = self._split(
            self._linear(f"layers.{number}.queries_keys_values", linear, normed), 3
        )
        # Side by side again, so that one split by rows does for all three.
        turned = [self._turned(queries), self._turned(keys), values]
        together = self._graph.apply("Concat", turned, axis=-1)
        return self._each_row(together, lambda row, part: self._self_attended(number, row, part))

    def _self_attended(self, number: int, row: int, part: str) -> str:
        shape = [1, HEADS, f"past_steps_{row}", self._width // HEADS]
        kept = [self._graph.input(past(row, number, kind), TensorProto.FLOAT, shape) for kind in (KEY, VALUE)]
        longer = [1, HEADS, f"steps_{row}", self._width // HEADS]
        grown = [self._graph.output(present(row, number, kind), longer) for kind in (KEY, VALUE)]
        inputs = [*self._split(part, 3), "", "", "", *kept]
        outputs = [f"attended.{row}.{number}", *grown]
        return self._graph.apply_many("MultiHeadAttention", inputs, outputs, MICROSOFT, num_heads=HEADS)[0]

    def _cross_attended(self, number: int, row: int, queries: str) -> str:
        shape = [1, HEADS, f"encoder_steps_{row}", self._width // HEADS]
        kept = [
            self._graph.input(cross(row, number, kind), TensorProto.FLOAT, shape) for kind in (KEY, VALUE)
        ]
        return self._graph.apply("MultiHeadAttention", [queries, *kept], MICROSOFT, num_heads=HEADS)

    def _each_row(self, value: str, work: Callable[[int, str], str]) -> str:
        """What `work` makes of each row apart, together again."""
        if self._rows == 1:
            return work(0, value)
        ones = self._graph.constant("rows", np.ones(self._rows, np.int64))
        names = [f"{value}.row.{row}" for row in range(self._rows)]
        parts = self._graph.apply_many("Split", [value, ones], names, axis=0)
        return self._graph.apply("Concat", [work(row, part) for row, part in enumerate(parts)], axis=0)

    def _split(self, value: str, parts: int) -> Sequence[str]:
        names = [f"{value}.part.{part}" for part in range(parts)]
        return self._graph.apply_many("Split", [value], names, axis=-1, num_outputs=parts)

    def _turned(self, value: str) -> str:
        inputs = [value, self._position, *self._tables]
        turned = 2 * len(self._decoder.inverse_frequencies)
        return self._graph.apply(
            "RotaryEmbedding",
            inputs,
            MICROSOFT,
            interleaved=1,
            num_heads=HEADS,
            rotary_embedding_dim=turned,
        )

    def _added(self, name: str, weight: NDArray[np.float32], sums: str, more: str) -> tuple[str, str]:
        """What is added to the sums, normed; and the sums."""
        zeros = self._graph.constant("zeros", np.zeros(self._width, np.float32))
        inputs = [sums, more, self._graph.constant(name, weight), zeros]
        outputs = [f"{name}.normed", "", "", f"{name}.sums"]
        self._graph.apply_many("SkipLayerNormalization", inputs, outputs, MICROSOFT, epsilon=EPSILON)
        return outputs[0], outputs[3]

    def _linear(self, name: str, linear: Linear, value: str) -> str:
        """A layer whose activations are quantised a row and a block at a time."""
        inputs, outputs = linear.weight.shape
        blocks = inputs // BLOCK
        packed = linear.weight.T.reshape(outputs, blocks, BLOCK)
        parts = [
            self._graph.constant(f"{name}.weight", packed),
            self._graph.constant(f"{name}.scale", np.repeat(linear.scale[:, np.newaxis], blocks, axis=1)),
            self._graph.constant(
                f"{name}.zero_point", np.repeat(linear.zero_point[:, np.newaxis], blocks, axis=1)
            ),
        ]
        if linear.bias is not None:
            parts += ["", self._graph.constant(f"{name}.bias", linear.bias)]
        return self._graph.apply(
            "MatMulNBits",
            [value, *parts],
            MICROSOFT,
            K=inputs,
            N=outputs,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,  # 8-bit activations
        )


def _large(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """The constants that lie in the shared file, in their order there."""
    return [tensor for tensor in model.graph.initializer if len(tensor.raw_data) > INLINE_BYTES]


def _shared(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its large constants read from the shared file, which has those of every such graph."""
    at = 0
    for tensor in _large(model):
        at += -at % ALIGNMENT
        size = len(tensor.raw_data)
        for key, value in (("location", WEIGHTS), ("offset", str(at)), ("length", str(size))):
            tensor.external_data.add(key=key, value=value)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.ClearField("raw_data")
        at += size
    return model


def _write(model: onnx.ModelProto, target: Path) -> None:
    target.write_bytes(model.SerializeToString(deterministic=True))
