"""The weights of a network from a safetensors file, each taken with the shape it must have.

Knows nothing of any network's layers. Safetensors are bytes and shapes only: nothing in the file is ever run.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor

from model_server.errors import ArtefactError

Layer: TypeAlias = Callable[[Tensor], Tensor]
PRECISIONS = ("fp32", "int8")
NORM_EPSILON = 1e-5
SMALLEST_SCALE = 1e-8


class Weights:
    """Named tensors of one file, as float32, and the layers they make.

    With precision int8 those layers have 8-bit weights that get one row at a time, where reading the weights
    is all the work; for many rows 8 bits are no quicker on a CPU without VNNI, and cost accuracy.
    """

    def __init__(self, path: Path, precision: str):
        if precision not in PRECISIONS:
            raise ArtefactError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
        try:
            self._tensors = load_file(path)
        except safetensors.SafetensorError as error:
            raise ArtefactError(f"{path} is not safetensors: {error}") from error
        self._file = path.name
        self._precision = precision

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """The shape of a tensor; ArtefactError unless it is there with so many dimensions."""
        shape = tuple(self._named(name).shape)
        if len(shape) != dimensions:
            raise ArtefactError(f"{self._file}: {name} must have {dimensions} dimensions, not shape {shape}")
        return shape

    def count(self, pattern: str) -> int:
        """How many tensors there are of the names that `pattern` (with a {} for 0, 1, 2 ...) makes."""
        number = 0
        while pattern.format(number) in self._tensors:
            number += 1
        return number

    def tensor(self, name: str, *shape: int) -> Tensor:
        """The tensor of this name; ArtefactError unless it has this shape."""
        tensor = self._named(name)
        if tuple(tensor.shape) != shape:
            raise ArtefactError(f"{self._file}: {name} must have shape {shape}, not {tuple(tensor.shape)}")
        if not tensor.is_floating_point():
            raise ArtefactError(f"{self._file}: {name} must hold floating point numbers, not {tensor.dtype}")
        return tensor.float()

    def linear(self, names: list[str], inputs: int, outputs: int, *, row_by_row: bool) -> Layer:
        """Linear layers side by side as one: (..., inputs) to (..., outputs of the first, of the next ...).

        A layer without a bias in the file has none.
        """
        weight = torch.cat([self.tensor(f"{name}.weight", outputs, inputs) for name in names])
        bias = torch.cat([self._bias(name, outputs) for name in names])
        return self.layer(weight, bias, row_by_row=row_by_row)

    def layer(self, weight: Tensor, bias: Tensor | None, *, row_by_row: bool) -> Layer:
        """The linear layer with these parameters."""
        if row_by_row and self._precision == "int8":
            return quantized(weight, bias)
        return lambda x: torch.nn.functional.linear(x, weight, bias)

    def norm(self, name: str, width: int) -> Layer:
        """Layer normalisation over the last dimension."""
        weight, bias = self.tensor(f"{name}.weight", width), self.tensor(f"{name}.bias", width)
        return lambda x: torch.nn.functional.layer_norm(x, (width,), weight, bias, NORM_EPSILON)

    def _bias(self, name: str, outputs: int) -> Tensor:
        if f"{name}.bias" not in self._tensors:
            return torch.zeros(outputs)
        return self.tensor(f"{name}.bias", outputs)

    def _named(self, name: str) -> Tensor:
        if name not in self._tensors:
            raise ArtefactError(f"{self._file} has no tensor {name!r}")
        return self._tensors[name]


def quantized(weight: Tensor, bias: Tensor | None) -> Layer:
    """A linear layer of 8-bit weights, one scale a row; what comes in is quantised as it comes."""
    scales = weight.abs().amax(dim=1).clamp(min=SMALLEST_SCALE) / 127
    zeros = torch.zeros(len(scales), dtype=torch.long)
    rows = torch.quantize_per_channel(weight, scales.double(), zeros, 0, torch.qint8)
    # QNNPACK is in every build for CPUs, adds up in 32 bits and is the quickest here for one row.
    torch.backends.quantized.engine = "qnnpack"
    packed = torch.ops.quantized.linear_prepack(rows, bias)
    return lambda x: torch.ops.quantized.linear_dynamic(x, packed, reduce_range=False)
