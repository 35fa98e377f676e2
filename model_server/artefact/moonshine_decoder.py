"""Takes Moonshine's merged decoder (`.ort`) apart: its weights by what they are for; writes nothing.

The file is the export of Hugging Face's modeling_moonshine.py with weights in 8 bits (a scale and a zero
point a matrix), as optimised by ONNX Runtime. Weights are found by the names that the modules have there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server.artefact.ort_file import Graph, read_graph
from model_server.errors import ArtefactError

# The branch of the merged graph that begins a transcript, and so has every weight.
FIRST_STEP = "else_branch"
# Where each operator has its weights: matrix, scale, zero point and, where there is one, bias.
PLACES = {"MatMulIntegerToFloat": (1, 3, 5, 6), "DynamicQuantizeMatMul": (1, 2, 3, 4)}
MAX_LAYERS = 64


@dataclass(frozen=True)
class Linear:
    """weight (inputs, outputs) in uint8; scale float32, zero_point uint8 and bias float32, (outputs,) each.

    What it stands for is (weight - zero_point) * scale.
    """

    weight: NDArray[np.uint8]
    scale: NDArray[np.float32]
    zero_point: NDArray[np.uint8]
    bias: NDArray[np.float32] | None


@dataclass(frozen=True)
class Embedding:
    """weight (vocabulary, width) in uint8, a row a token; one scale and one zero_point for all."""

    weight: NDArray[np.uint8]
    scale: NDArray[np.float32]
    zero_point: NDArray[np.uint8]


@dataclass(frozen=True)
class Layer:
    """One block: self-attention, cross-attention, gated network, and the weights of the norm before each."""

    attention_norm: NDArray[np.float32]
    queries_keys_values: Linear
    attention_out: Linear
    cross_norm: NDArray[np.float32]
    cross_queries: Linear
    cross_out: Linear
    network_norm: NDArray[np.float32]
    network_in: Linear
    network_out: Linear


@dataclass(frozen=True)
class Decoder:
    """The whole of it; `cross_keys_values` has the layers side by side, keys before values."""

    embedding: Embedding
    layers: tuple[Layer, ...]
    cross_keys_values: Linear
    norm: NDArray[np.float32]
    head: Linear
    inverse_frequencies: NDArray[np.float32]


def read_decoder(path: Path) -> Decoder:
    """The decoder of a decoder_model_merged.ort; ArtefactError where a part of it is not there."""
    graph = read_graph(path)
    if FIRST_STEP not in graph.inner:
        raise ArtefactError(f"{path.name} must be a merged decoder, with a branch {FIRST_STEP!r}")
    parts = _Parts(graph, graph.inner[FIRST_STEP])
    layers = tuple(_layer(parts, f"layers.{number}") for number in range(parts.layers()))
    sources = [
        f"layers.{number}/encoder_attn/{kind}_proj" for number in range(len(layers)) for kind in ("k", "v")
    ]
    return Decoder(
        embedding=parts.embedding(),
        layers=layers,
        cross_keys_values=_side_by_side([parts.linear(source) for source in sources]),
        norm=parts.norm("norm"),
        head=parts.head(),
        inverse_frequencies=parts.inverse_frequencies(),
    )


def _layer(parts: "_Parts", name: str) -> Layer:
    projections = [parts.linear(f"{name}/self_attn/{kind}_proj") for kind in ("q", "k", "v")]
    return Layer(
        attention_norm=parts.norm(f"{name}.input_layernorm"),
        queries_keys_values=_side_by_side(projections),
        attention_out=parts.linear(f"{name}/self_attn/o_proj"),
        cross_norm=parts.norm(f"{name}.post_attention_layernorm"),
        cross_queries=parts.linear(f"{name}/encoder_attn/q_proj"),
        cross_out=parts.linear(f"{name}/encoder_attn/o_proj"),
        network_norm=parts.norm(f"{name}.final_layernorm"),
        network_in=parts.linear(f"{name}/mlp/fc1"),
        network_out=parts.linear(f"{name}/mlp/fc2"),
    )


class _Parts:
    """The parts of a branch by the names of their modules; what both branches use is the outer graph's."""

    def __init__(self, outer: Graph, branch: Graph):
        self._makers = branch.makers
        self._constants = {**outer.constants, **branch.constants}

    def layers(self) -> int:
        """How many blocks there are."""
        return next(n for n in range(MAX_LAYERS) if f"present.{n}.decoder.key" not in self._makers)

    def linear(self, module: str) -> Linear:
        """The weights of a linear layer; with a bias its value is the addition's, which was fused in."""
        names = (f"/model/decoder/{module}/{last}_output_0" for last in ("Add", "MatMul"))
        found = next((name for name in names if name in self._makers), None)
        if found is None:
            raise ArtefactError(f"the decoder has no layer {module!r}")
        return self._of_maker(found)

    def head(self) -> Linear:
        """The weights that make logits."""
        return self._of_maker("logits")

    def norm(self, module: str) -> NDArray[np.float32]:
        """The weights of a norm (they have no bias)."""
        return self._constant(f"model.decoder.{module}.weight_merged_0")

    def embedding(self) -> Embedding:
        """The vectors of tokens."""
        base = "model.decoder.embed_tokens.weight_merged_0"
        return Embedding(*(self._constant(f"{base}_{part}") for part in ("quantized", "scale", "zero_point")))

    def inverse_frequencies(self) -> NDArray[np.float32]:
        """Of the rotary positions: a step at place p is turned by p times each."""
        maker = self._makers["/model/decoder/rotary_emb/Expand_output_0"]
        return self._constant(maker.inputs[0]).reshape(-1)

    def _of_maker(self, value: str) -> Linear:
        maker = self._makers[value]
        if maker.operator not in PLACES:
            raise ArtefactError(f"{value} must be made of 8-bit weights, not by {maker.operator}")
        weight, scale, zero_point, bias = (
            self._constant(maker.inputs[place]) if place < len(maker.inputs) and maker.inputs[place] else None
            for place in PLACES[maker.operator]
        )
        if weight is None or scale is None or zero_point is None:
            raise ArtefactError(f"{value} must have a matrix, a scale and a zero point")
        columns = weight.shape[1]
        return Linear(weight, np.full(columns, scale), np.full(columns, zero_point), bias)

    def _constant(self, name: str) -> NDArray[Any]:
        if name not in self._constants:
            raise ArtefactError(f"the decoder has no constant {name!r}")
        return self._constants[name]


def _side_by_side(parts: Sequence[Linear]) -> Linear:
    """Layers without bias that take the same input, as one."""
    return Linear(
        np.concatenate([part.weight for part in parts], axis=1),
        np.concatenate([part.scale for part in parts]),
        np.concatenate([part.zero_point for part in parts]),
        None,
    )
