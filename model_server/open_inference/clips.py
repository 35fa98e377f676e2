"""What the tensors of an infer request mean: clips of speech, and the outputs asked for.

| input | datatype | shape | what |
|---|---|---|---|
| audio | BYTES | [n] | n sound files: WAV, FLAC, OGG or MP3 |
| audio | FP32, INT16 | [samples] or [1, samples] | one waveform, one channel; FP32 within -1 to 1 |
| sample_rate | INT32 | [1] | a waveform's, in Hz; or a parameter `sample_rate` of audio or the request |

Knows nothing of JSON or protobuf.
"""

from collections.abc import Mapping, Sequence
from reprlib import repr as shown

import numpy as np

from model_server.audio import Clip, raw_clip, read_header
from model_server.errors import BadRequestError, TooLongError
from model_server.open_inference.tensors import BYTES, NUMBERS, InferRequest, Tensor

AUDIO, SAMPLE_RATE = "audio", "sample_rate"
ENCODINGS = {"FP32": "float32", "INT16": "int16"}
# In microseconds, as in Triton's V2 extension.
TIMEOUT = "timeout"
# Of the transport, read where it is.
BINARY_OUTPUTS, BINARY_SIZE = "binary_data_output", "binary_data_size"
REQUEST_PARAMETERS = (SAMPLE_RATE, TIMEOUT, BINARY_OUTPUTS)
TENSOR_PARAMETERS = {AUDIO: (SAMPLE_RATE, BINARY_SIZE), SAMPLE_RATE: (BINARY_SIZE,)}


def read_clips(request: InferRequest, model_rate: int, max_seconds: float) -> list[Clip]:
    """The clips, none decoded, at most `max_seconds` together; a waveform's rate is the model's if unsaid."""
    _check_names("parameter", request.parameters, REQUEST_PARAMETERS)
    inputs = {tensor.name: tensor for tensor in request.inputs}
    _check_names("input", inputs, tuple(TENSOR_PARAMETERS))
    for tensor in request.inputs:
        _check_names(f"parameter of {tensor.name!r}", tensor.parameters, TENSOR_PARAMETERS[tensor.name])
    if AUDIO not in inputs:
        raise BadRequestError(f"the inputs must have a tensor {AUDIO!r}")
    rate = _sample_rate(request, inputs)
    if inputs[AUDIO].datatype != BYTES:
        return [_waveform(inputs[AUDIO], model_rate if rate is None else rate, max_seconds)]
    if rate is not None:
        raise BadRequestError(f"{SAMPLE_RATE} is for waveforms; a sound file tells its own")
    return _sound_files(inputs[AUDIO], max_seconds)


def timeout_seconds(request: InferRequest) -> float | None:
    """How long the client will wait for the answer, in seconds; None if it does not say."""
    microseconds = request.parameters.get(TIMEOUT)
    if microseconds is None:
        return None
    if type(microseconds) is not int or microseconds < 1:
        raise BadRequestError(
            f"{TIMEOUT} must be a whole number of microseconds from 1 on, not {shown(microseconds)}"
        )
    return microseconds / 1e6


def _waveform(audio: Tensor, sample_rate: int, max_seconds: float) -> Clip:
    encoding = ENCODINGS.get(audio.datatype)
    if encoding is None:
        raise BadRequestError(
            f"tensor {AUDIO!r}: datatype must be {', '.join((BYTES, *ENCODINGS))}, not {audio.datatype}"
        )
    if len(audio.shape) == 2 and audio.shape[0] != 1:
        raise BadRequestError(
            f"tensor {AUDIO!r}: a waveform's shape must be [samples] or [1, samples], not {list(audio.shape)}"
        )
    return raw_clip(audio.data[0], encoding, sample_rate, max_seconds)


def _sound_files(audio: Tensor, max_seconds: float) -> list[Clip]:
    if len(audio.shape) != 1 or not audio.data:
        raise BadRequestError(
            f"tensor {AUDIO!r}: the shape of sound files must be [n], n from 1 on, not {list(audio.shape)}"
        )
    clips = [read_header(element, max_seconds) for element in audio.data]
    seconds = sum(clip.seconds for clip in clips)
    if seconds > max_seconds:
        raise TooLongError(f"a request must have at most {max_seconds:g} s of audio, not {seconds:.1f} s")
    return clips


def _sample_rate(request: InferRequest, inputs: Mapping[str, Tensor]) -> int | None:
    given: list[object] = [
        parameters[SAMPLE_RATE]
        for parameters in (request.parameters, inputs[AUDIO].parameters)
        if SAMPLE_RATE in parameters
    ]
    if SAMPLE_RATE in inputs:
        given.append(_only_number(inputs[SAMPLE_RATE]))
    if len(given) > 1:
        raise BadRequestError(f"{SAMPLE_RATE} must be given once, not {len(given)} times")
    if not given:
        return None
    if type(given[0]) is not int:
        raise BadRequestError(f"{SAMPLE_RATE} must be a whole number, not {shown(given[0])}")
    return given[0]


def _only_number(tensor: Tensor) -> int:
    if tensor.datatype != "INT32" or tensor.shape != (1,):
        raise BadRequestError(
            f"{tensor.name} must be INT32 of shape [1], not {tensor.datatype} of shape {list(tensor.shape)}"
        )
    return int(np.frombuffer(tensor.data[0].buffer(), NUMBERS["INT32"])[0])


def _check_names(kind: str, names: Mapping[str, object], allowed: Sequence[str]) -> None:
    for name in names:
        if name not in allowed:
            raise BadRequestError(f"{kind} must be one of {', '.join(allowed)}, not {shown(name)}")
