"""What server and model say of themselves in the Open Inference Protocol; the same in every transport."""

from typing import Any

from model_server.open_inference.clips import AUDIO, SAMPLE_RATE
from model_server.open_inference.outputs import OUTPUTS
from model_server.open_inference.tensors import BYTES

NAME = "serinus"
# pyproject.toml has the same.
VERSION = "0.1.0"
EXTENSIONS = ("binary_tensor_data",)


def server_metadata() -> dict[str, Any]:
    """Of the server."""
    return {"name": NAME, "version": VERSION, "extensions": list(EXTENSIONS)}


def model_metadata(served_name: str, version: str, engine: str) -> dict[str, Any]:
    """Of the model; audio is taken as FP32 and INT16 waveforms too, which the protocol cannot say."""
    return {
        "name": served_name,
        "versions": [version],
        "platform": engine,
        "inputs": [
            {"name": AUDIO, "datatype": BYTES, "shape": [-1]},
            {"name": SAMPLE_RATE, "datatype": "INT32", "shape": [1]},
        ],
        "outputs": [
            {"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in OUTPUTS.items()
        ],
    }
