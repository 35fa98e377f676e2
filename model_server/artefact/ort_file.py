"""Reads the graph of a `.ort` file, ONNX Runtime's own format: what makes each value, and the constants.

By the classes of the format's schema that ONNX Runtime's package carries. For files of known digest: nothing
in one is checked beyond what the conversion needs. Knows nothing of what a graph computes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import InferenceSession

from model_server.errors import ArtefactError

# ONNX's numbers of types (onnx.proto3, TensorProto.DataType) that graphs here have constants of.
TYPES: dict[int, type[np.generic]] = {1: np.float32, 2: np.uint8, 7: np.int64}


@dataclass(frozen=True)
class Node:
    """One operation and the names of its inputs; an input left out is empty."""

    operator: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """What makes each value, by its name, the constants, and the graphs within (the branches of an If)."""

    makers: dict[str, Node]
    constants: dict[str, NDArray[Any]]
    inner: dict[str, "Graph"]


def read_graph(path: Path) -> Graph:
    """The main graph of a file; ArtefactError where it is no `.ort` file."""
    content = path.read_bytes()
    if not InferenceSession.InferenceSessionBufferHasIdentifier(content, 0):
        raise ArtefactError(f"{path.name} must be a .ort file of ONNX Runtime")
    return _graph(InferenceSession.GetRootAs(content, 0).Model().Graph())


def _graph(source: Any) -> Graph:
    nodes = [source.Nodes(index) for index in range(source.NodesLength())]
    makers: dict[str, Node] = {}
    inner: dict[str, Graph] = {}
    for node in nodes:
        inputs = tuple(node.Inputs(index).decode() for index in range(node.InputsLength()))
        made = Node(node.OpType().decode(), inputs)
        makers.update({node.Outputs(index).decode(): made for index in range(node.OutputsLength())})
        inner.update(_inner(node))
    return Graph(makers, dict(_constants(source)), inner)


def _inner(node: Any) -> Iterator[tuple[str, Graph]]:
    for index in range(node.AttributesLength()):
        attribute = node.Attributes(index)
        if attribute.G() is not None:
            yield attribute.Name().decode(), _graph(attribute.G())


def _constants(source: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    for index in range(source.InitializersLength()):
        tensor = source.Initializers(index)
        if tensor.DataType() in TYPES and tensor.RawDataLength():
            shape = [tensor.Dims(axis) for axis in range(tensor.DimsLength())]
            data = np.frombuffer(tensor.RawDataAsNumpy().tobytes(), TYPES[tensor.DataType()])
            yield tensor.Name().decode(), data.reshape(shape)
