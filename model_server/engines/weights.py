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

from model_server.engines.arithmetic import Arithmetic, Cpu
from model_server.errors import ArtefactError

Layer: TypeAlias = Callable[[Tensor], Tensor]
NORM_EPSILON = 1e-5
SMALLEST_SCALE = 1e-8


class Weights:
    """Named tensors of one file, as float32, and the layers they make.

    Layers that get one row at a time may have 8-bit weights, for reading the weights is all their work; those
    that get many rows may compute, and answer, in bfloat16.
    """

    def __init__(self, path: Path, arithmetic: Arithmetic):
        try:
            self._tensors = load_file(path)
        except safetensors.SafetensorError as error:
            raise ArtefactError(f"{path} is not safetensors: {error}") from error
        self._file = path.name
        self._arithmetic = arithmetic

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
        if row_by_row:
            if self._arithmetic.one_row is None:
                return lambda x: torch.nn.functional.linear(x, weight, bias)
            return quantized(weight, bias, self._arithmetic.one_row)
        return rounded(weight, bias, getattr(torch, self._arithmetic.many_rows))

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


def this_cpu() -> Cpu:
    """What torch finds here; a kernel that keeps AMX's tiles from this process counts as none."""
    return Cpu(amx=torch.cpu._init_amx(), vnni=torch.cpu._is_vnni_supported())


def rounded(weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Layer:
    """A linear layer that rounds weights, what comes in and what goes out to `dtype`."""
    weight, bias = weight.to(dtype), None if bias is None else bias.to(dtype)
    return lambda x: torch.nn.functional.linear(x.to(dtype), weight, bias)


def quantized(weight: Tensor, bias: Tensor | None, engine: str) -> Layer:
    """A linear layer of 8-bit weights, one scale a row; what comes in is quantised as it comes.

    `engine` is qnnpack, which is in every build for CPUs, or onednn; both add up in 32 bits (onednn by VNNI).
    """
    scales = weight.abs().amax(dim=1).clamp(min=SMALLEST_SCALE) / 127
    zeros = torch.zeros(len(scales), dtype=torch.long)
    rows = torch.quantize_per_channel(weight, scales.double(), zeros, 0, torch.qint8)
    torch.backends.quantized.engine = engine
    packed = torch.ops.quantized.linear_prepack(rows, bias)

    def layer(x: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic(x, packed, reduce_range=False)

    # oneDNN keeps its plan for the first shape it meets and makes one anew, 0.04 ms, for every other.
    layer(torch.zeros(1, 1, weight.shape[1]))
    return layer
