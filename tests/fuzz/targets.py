"""What is fuzzed: a target ends well with its bytes or refuses them; anything else is a finding."""

import asyncio
import base64
import io
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import yaml
from hypothesis import strategies as st
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from model_server.account import Account, request_id
from model_server.artefact.manifest import MANIFEST, read_manifest
from model_server.audio import decode, read_header
from model_server.content import Content
from model_server.engines.tokens import detokenize, read_vocabulary
from model_server.errors import ArtefactError, RefusedError
from model_server.inference.messages import read_message, read_refusal, read_step, write_step
from model_server.intake import BodyRoom, IntakeLimits
from model_server.open_inference import grpc_message, rest
from model_server.open_inference.clips import read_clips
from model_server.pipeline import STAGES, Figures
from model_server.protocols.kserve_v1 import read_json
from model_server.protocols.multipart import read_form
from model_server.quality import InputQuality
from model_server.transcript import SpokenSegment, Word
from model_server.voice_activity import Segment
from rollout_policies.errors import GoldenSetError
from tests.fuzz import golden_sets
from tests.fuzz.damage import damaged

MAX_SECONDS = 5.0
LIMITS = IntakeLimits(max_audio_seconds=MAX_SECONDS, queue_seconds=10)
REFUSALS = (RefusedError, ArtefactError, GoldenSetError)


@dataclass(frozen=True)
class Target:
    """Bytes to try, and what is done with them; it raises where the outcome is wrong."""

    inputs: st.SearchStrategy[bytes]
    check: Callable[[bytes], None]


def sound_file(file_format: str, subtype: str | None, channels: int = 1, sample_rate: int = 16_000) -> bytes:
    """A quarter of a second of noise over a tone."""
    times = np.arange(sample_rate // 4) / sample_rate
    noise = np.random.default_rng(7).normal(0, 0.05, len(times))
    samples = np.stack([0.3 * np.sin(2 * np.pi * 220 * times) + noise] * channels, axis=1)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, format=file_format, subtype=subtype)
    return buffer.getvalue()


def check_audio(data: bytes) -> None:
    """Decoded audio is no longer than allowed, and all numbers."""
    blocks = list(decode(read_header(Content.of(data), MAX_SECONDS), 16_000))
    assert sum(len(block) for block in blocks) <= MAX_SECONDS * 16_000 + 1
    assert all(np.isfinite(block).all() for block in blocks)


def check_form(data: bytes) -> None:
    """A form has text and one file, in pieces of any size; the first byte says of which."""
    size = 1 + (data[0] if data else 0)

    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(data), size):
            yield data[at : at + size]

    with BodyRoom(LIMITS).share() as share:
        form = asyncio.run(read_form(chunks(), "multipart/form-data; boundary=xx", share))
    assert all(isinstance(text, str) for field in form.fields for text in field)


def check_form_type(data: bytes) -> None:
    """A content type is one of a form, or refused."""

    async def chunks() -> AsyncIterator[bytes]:
        yield FORM

    with BodyRoom(LIMITS).share() as share:
        asyncio.run(read_form(chunks(), data.decode("latin-1"), share))


def check_json(data: bytes) -> None:
    """Instances are clips no longer than allowed."""
    assert sum(clip.seconds for clip in read_json(data, LIMITS)) <= MAX_SECONDS


def check_tensors(data: bytes) -> None:
    """Open Inference: the first two bytes are the JSON's length; clips are no longer than allowed."""
    length = int.from_bytes(data[:2], "big")
    request = rest.read_infer(Content.of(data[2:]), str(length) if length else None)
    assert sum(clip.seconds for clip in read_clips(request, 16_000, MAX_SECONDS)) <= MAX_SECONDS


def check_grpc(data: bytes) -> None:
    """The same as a gRPC message."""
    request = grpc_message.read_infer(*grpc_message.read_message(data))
    assert sum(clip.seconds for clip in read_clips(request, 16_000, MAX_SECONDS)) <= MAX_SECONDS


def grpc_request() -> bytes:
    """Two samples as raw contents."""
    tensor = {"name": "audio", "datatype": "INT16", "shape": [2]}
    message = pb.ModelInferRequest(model_name="asr", inputs=[tensor], raw_input_contents=[bytes(4)])
    return bytes(message.SerializeToString())


def infer_request(tensor: dict[str, object], binary: bytes = b"") -> bytes:
    """An Open Inference request, the length of its JSON before it."""
    text = json.dumps({"id": "1", "inputs": [{"name": "audio", **tensor}]}).encode()
    return (len(text) if binary else 0).to_bytes(2, "big") + text + binary


def check_headers(data: bytes) -> None:
    """A request id fits a header and a log line; a deadline is never longer than the server's own."""
    text = data.decode("latin-1")
    known = request_id(text)
    assert 1 <= len(known) <= 128
    assert known.isascii()
    assert known.isprintable()
    assert 0 < Account(known, "user", text).deadline_seconds(30) <= 30


def check_manifest(data: bytes) -> None:
    """A model.yaml names files of its own folder."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, MANIFEST).write_bytes(data)
        artefact = read_manifest(Path(folder))
        for name in artefact.files:
            assert artefact.path(name).resolve().is_relative_to(Path(folder).resolve())


def check_vocabulary(data: bytes) -> None:
    """A vocabulary says every one of its tokens, which are what was in the file."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        vocabulary = read_vocabulary(Path(file.name))
    assert sum(len(token) for token in vocabulary) <= len(data)
    detokenize(range(len(vocabulary)), vocabulary)


def check_message(data: bytes) -> None:
    """What an engine process says is a step or an end, or is refused, whatever took the process over."""
    message = read_message(data)
    if "end" in message:
        read_refusal(message)
    else:
        read_step(message)


WAV = sound_file("WAV", "PCM_16")
COUNTED = (sound_file("MP3", None), sound_file("MP3", None, 2, 44_100))
# Without the first frame, which holds the count and begins like the next; and twice over.
MP3S = (*COUNTED, *(mp3[mp3.index(mp3[:2], 150) :] for mp3 in COUNTED), COUNTED[0] * 2)
FORM = (
    b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
    b"Content-Type: audio/wav\r\n\r\nRIFF\r\n--x\r\n\r\n--xx\r\n"
    b'Content-Disposition: form-data; name="model"\r\n\r\nasr\r\n--xx--\r\n'
)
BASE64 = base64.b64encode(WAV).decode()
INSTANCES = json.dumps({"instances": [{"audio": {"b64": BASE64}}], "parameters": {"a": [1, None]}}).encode()
FIGURES = Figures(1.0, InputQuality(0.0, 0.5, -20.0, 30.0, None, 0.1), dict.fromkeys(STAGES, 0.1))
SPOKEN = SpokenSegment(Segment(0.0, 1.0), "a word", 0.5, (Word("a", 0.0, 0.1),))
MESSAGES = (
    *(write_step(7, 0, step) for step in (FIGURES, SPOKEN)),
    b'{"job": 7, "clip": 0, "partial": "a"}',
    b'{"job": 7, "end": null}',
    b'{"job": 7, "end": "BadAudioError", "sentence": "no audio"}',
    b'{"loaded": true}',
)
MODEL = yaml.safe_dump(
    {
        **{"name": "small", "version": "1", "engine": "onnx", "language": "en", "licence": "MIT"},
        **{"sample_rate": 16_000, "limits": {"max_segment_seconds": 24, "max_tokens_per_second": 6.5}},
        "files": [{"path": "clip.wav", "sha256": "0" * 64}],
        "self_test": {"audio": "clip.wav", "text": "a clip"},
        "reference": {"asr_input_duration_seconds": {"bounds": [1.0, 2.0], "counts": [1, 2, 3]}},
    }
).encode()

TENSORS = (
    infer_request({"shape": [3], "datatype": "FP32", "data": [0.5, 0, -1]}),
    infer_request({"shape": [1], "datatype": "BYTES", "data": [BASE64]}),
    infer_request({"shape": [2], "datatype": "INT16", "parameters": {"binary_data_size": 4}}, bytes(4)),
    infer_request(
        {"shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(WAV) + 4}},
        len(WAV).to_bytes(4, "little") + WAV,
    ),
)

TARGETS = {
    "wav": Target(
        damaged(
            [
                *(sound_file("WAV", kind) for kind in ("PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ALAW")),
                *(sound_file("WAV", kind) for kind in ("IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32")),
                *(sound_file(container, "PCM_16", 2) for container in ("WAVEX", "RF64")),
            ]
        ),
        check_audio,
    ),
    "flac": Target(damaged([sound_file("FLAC", kind, 2) for kind in ("PCM_16", "PCM_24")]), check_audio),
    "ogg": Target(damaged([sound_file("OGG", "VORBIS"), sound_file("OGG", "OPUS", 2, 48_000)]), check_audio),
    "mp3": Target(damaged(MP3S), check_audio),
    "multipart": Target(damaged([FORM, b"\0" + FORM[1:]]), check_form),
    "multipart type": Target(damaged([b'multipart/form-data; boundary="xx"; a*=b']), check_form_type),
    "json": Target(damaged([INSTANCES, b'{"instances": [{"audio": {"b64": "UklGRg=="}}]}']), check_json),
    "tensors": Target(damaged(TENSORS), check_tensors),
    "grpc": Target(damaged([grpc_request()]), check_grpc),
    "headers": Target(damaged([b"30000", b"1"]), check_headers),
    "model.yaml": Target(damaged([MODEL]), check_manifest),
    "tokenizer.bin": Target(
        damaged([b"\x03<s>\x01a\x04\xe2\x96\x81b\x82\x01" + b"c" * 130]), check_vocabulary
    ),
    "engine messages": Target(damaged(MESSAGES), check_message),
    "golden archive": Target(damaged(golden_sets.ARCHIVES), golden_sets.check_archive),
    "golden manifest": Target(damaged(golden_sets.MANIFESTS), golden_sets.check_manifest),
}
