"""Turns the weights of a Whisper that was converted for CTranslate2 back into safetensors; needs no torch.

The names are those of Hugging Face's openai/whisper-* repositories, so that their model.safetensors is as
good a source as this one. CTranslate2 lays the projections of queries, keys and values on top of one another
and gives the keys a bias of zeros, which Whisper does not have. Knows nothing of engines.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from model_server.artefact.ctranslate2 import FLOAT16, Variable, read_variables
from model_server.errors import ArtefactError

KIND = "WhisperSpec"
# Stacked projections, as the parts of each from the top.
QUERY_KEY_VALUE = ("q_proj", "k_proj", "v_proj")
STACKED = {
    "self_attention/linear_0": ("self_attn", QUERY_KEY_VALUE),
    "self_attention/linear_1": ("self_attn", ("out_proj",)),
    "attention/linear_0": ("encoder_attn", ("q_proj",)),
    "attention/linear_1": ("encoder_attn", ("k_proj", "v_proj")),
    "attention/linear_2": ("encoder_attn", ("out_proj",)),
}
RENAMED = {
    "self_attention/layer_norm": "self_attn_layer_norm",
    "attention/layer_norm": "encoder_attn_layer_norm",
    "ffn/layer_norm": "final_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
    "layer_norm": "layer_norm",
    "conv1": "conv1",
    "conv2": "conv2",
    "embeddings": "embed_tokens",
    "position_encodings": "embed_positions",
}
LEAVES = {"gamma": "weight", "beta": "bias", "weight": "weight", "bias": "bias", "encodings": "weight"}
NAME = re.compile(r"(?P<side>encoder|decoder)/(?:layer_(?P<layer>\d+)/)?(?P<part>.+)/(?P<leaf>\w+)")

Tensor = tuple[str, tuple[int, ...], memoryview]


def convert(model_bin: Path, safetensors: Path) -> None:
    """Write safetensors (float16) from CTranslate2's file, or ArtefactError."""
    variables = read_variables(memoryview(model_bin.read_bytes()), KIND)
    tensors = [tensor for name, variable in variables.items() for tensor in _tensors(name, variable)]
    write_safetensors(safetensors, tensors)


def write_safetensors(path: Path, tensors: Iterable[Tensor]) -> None:
    """Write float16 tensors (name, shape, data) by name: the same tensors give the same bytes."""
    header: dict[str, object] = {}
    ordered = sorted(tensors, key=lambda tensor: tensor[0])
    at = 0
    for name, shape, data in ordered:
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for _, _, data in ordered:
            file.write(data)


def _tensors(name: str, variable: Variable) -> Iterator[Tensor]:
    """What one variable of CTranslate2 is in Whisper: one tensor, several, or (settings) none."""
    if variable.type_number != FLOAT16:
        if variable.shape:
            raise ArtefactError(f"{name} must be float16, not CTranslate2's type {variable.type_number}")
        return
    match = NAME.fullmatch(name)
    if not match or match["leaf"] not in LEAVES or match["part"] not in STACKED | RENAMED:
        raise ArtefactError(f"a Whisper has no variable {name!r}")
    prefix = f"model.{match['side']}." + (f"layers.{match['layer']}." if match["layer"] else "")
    leaf = LEAVES[match["leaf"]]
    if match["part"] in RENAMED:
        yield f"{prefix}{RENAMED[match['part']]}.{leaf}", variable.shape, variable.data
        return
    attention, projections = STACKED[match["part"]]
    for projection, part in zip(projections, _split(name, variable, len(projections)), strict=True):
        if (projection, leaf) != ("k_proj", "bias"):
            yield f"{prefix}{attention}.{projection}.{leaf}", *part
        elif any(part[1]):
            raise ArtefactError(f"{name} must have zeros for the keys, which have no bias in Whisper")


def _split(name: str, variable: Variable, parts: int) -> list[tuple[tuple[int, ...], memoryview]]:
    rows, *others = variable.shape
    if rows % parts:
        raise ArtefactError(f"{name} must have rows for {parts} projections, not {rows}")
    size = len(variable.data) // parts
    shape = (rows // parts, *others)
    return [(shape, variable.data[part * size : (part + 1) * size]) for part in range(parts)]
