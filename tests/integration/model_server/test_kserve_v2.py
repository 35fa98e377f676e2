"""KServe V2 over HTTP, by Triton's client and by KServe's own, against the real process."""

import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
import soxr
import tritonclient.http
from tritonclient.http import InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

INFER = "/v2/models/asr/infer"
JSON = {"content-type": "application/json"}
LENGTH = "inference-header-content-length"


@pytest.fixture(scope="module")
def triton(predictor):
    with tritonclient.http.InferenceServerClient(predictor.url.removeprefix("http://")) as client:
        yield client


@pytest.fixture(scope="module")
def waveform(clip):
    samples, sample_rate = soundfile.read(io.BytesIO(clip), dtype="float32")
    assert sample_rate == 16_000
    return samples


def tensor(name, data, datatype, binary=True):
    data = np.asarray(data)
    given = InferInput(name, list(data.shape), datatype)
    return given.set_data_from_numpy(data, binary_data=binary)


def texts(result):
    return [text.decode() for text in result.as_numpy("text")]


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_sound_files_are_transcribed_in_order(triton, clip, words, spoken, compression):
    silence = io.BytesIO()
    soundfile.write(silence, np.zeros(8_000), 8_000, format="WAV")
    audio = tensor("audio", np.array([clip, silence.getvalue()], np.object_), "BYTES")

    result = triton.infer("asr", [audio], request_compression_algorithm=compression)

    assert [spoken(text) for text in texts(result)] == [words, []]
    assert result.as_numpy("confidence").shape == (2,)


@pytest.mark.parametrize(("datatype", "scale"), [("FP32", 1.0), ("INT16", 32_767.0)], ids=["FP32", "INT16"])
@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize("rows", [False, True], ids=["flat", "row"])
def test_waveforms_are_transcribed(triton, waveform, words, spoken, datatype, scale, binary, rows):
    samples = (waveform * scale).astype({"FP32": np.float32, "INT16": np.int16}[datatype])
    audio = tensor("audio", samples[None, :] if rows else samples, datatype, binary)

    assert [spoken(text) for text in texts(triton.infer("asr", [audio]))] == [words]


def test_rate_of_a_waveform_is_obeyed(triton, waveform, words, spoken):
    audio = tensor("audio", soxr.resample(waveform, 16_000, 48_000), "FP32")
    rate = tensor("sample_rate", np.array([48_000], np.int32), "INT32")

    by_tensor = triton.infer("asr", [audio, rate])
    by_parameter = triton.infer("asr", [audio], parameters={"sample_rate": 48_000})

    assert [spoken(text) for text in texts(by_tensor) + texts(by_parameter)] == [words, words]


@pytest.mark.parametrize("binary", [True, False])
def test_outputs_are_those_asked_for(triton, waveform, binary):
    asked = [InferRequestedOutput(name, binary_data=binary) for name in ("segments", "needs_review")]

    result = triton.infer("asr", [tensor("audio", waveform, "FP32")], outputs=asked, request_id="7")

    names = [output["name"] for output in result.get_response()["outputs"]]
    assert (names, result.get_response()["id"]) == (["segments", "needs_review"], "7")
    segments = json.loads(result.as_numpy("segments")[0])
    assert 0 <= segments[0]["start"] < segments[0]["end"] <= 11
    assert list(result.as_numpy("needs_review")) == [False]


def test_server_and_model_tell_of_themselves(triton):
    version = triton.get_model_metadata("asr")["versions"][0]

    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("asr", version)
    assert triton.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    assert [tensor["name"] for tensor in triton.get_model_metadata("asr", version)["inputs"]] == [
        "audio",
        "sample_rate",
    ]


@pytest.mark.parametrize(("name", "version"), [("other", ""), ("asr", "0")])
def test_other_models_and_versions_are_not_found(triton, waveform, name, version):
    with pytest.raises(InferenceServerException, match="there is no") as refused:
        triton.infer(name, [tensor("audio", waveform, "FP32")], model_version=version)

    assert refused.value.status() == "404"
    assert not triton.is_model_ready(name, version)


def test_answer_carries_what_every_answer_does(predictor, triton, waveform):
    audio = tensor("audio", waveform, "FP32")
    body, length = tritonclient.http.InferenceServerClient.generate_request_body([audio])

    answer = httpx.post(
        predictor.url + INFER, content=body, headers={LENGTH: str(length), "x-request-id": "r1"}
    )

    assert answer.headers["x-request-id"] == "r1"
    assert float(answer.headers["x-serinus-audio-seconds"]) == round(len(waveform) / 16_000, 3)


def test_draining_is_not_ready_and_still_serves(launch, clip, wait_until):
    predictor = launch("--drain-delay-seconds", "10").wait_ready()
    paths = ("/v2/health/ready", "/v2/models/asr/ready", "/v2/health/live")

    predictor.terminate()

    def codes():
        return [httpx.get(predictor.url + path).status_code for path in paths]

    wait_until("draining is told", lambda: codes() == [503, 503, 200], 10)
    assert predictor.predict(clip).status_code == 200


def test_kserves_own_client_is_understood(predictor, artefact, words, spoken):
    script = Path(__file__).with_name("kserve_client.py")
    command = [sys.executable, str(script), predictor.url, str(artefact / "self-test.wav")]

    heard = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)

    assert [spoken(text) for text in heard["v1"]] == [words, words]
    for answer in (heard["v2 binary"], heard["v2 json"]):
        assert ([spoken(text) for text in answer["text"]], answer["ready"]) == ([words], True)


def document(tail=b"", says=None, **changes):
    """Headers and body of a request with one FP32 tensor, its JSON changed."""
    audio = {"name": "audio", "datatype": "FP32", "shape": [1600], "data": [0] * 1600, **changes}
    if tail:
        audio = {"parameters": {"binary_data_size": len(tail)}, **audio}
        del audio["data"]
    header = json.dumps({"inputs": [audio]}).encode()
    length = len(header) if says is None else says
    return ({LENGTH: str(length)} if tail or says is not None else JSON), header + tail


def raw(*samples):
    return np.array(samples, "<f4").tobytes()


ROWS = {
    "no body": (JSON, b"", 400, "bad_request"),
    "no json": (JSON, b"RIFF", 400, "bad_request"),
    "half json": (JSON, b'{"inputs": [', 400, "bad_request"),
    "a list": (JSON, b"[]", 400, "bad_request"),
    "no inputs": (JSON, b"{}", 400, "bad_request"),
    "no audio": (JSON, b'{"inputs": []}', 400, "bad_request"),
    "deep json": (JSON, b"[" * 200_000, 400, "bad_request"),
    "a million objects": (JSON, b'{"inputs": [' + b"{}," * 10**6 + b"{}]}", 400, "bad_request"),
    "a million numbers": (*document(shape=[2**20], data=[0] * 2**20), 400, "bad_request"),
    "no utf-8": (JSON, b'{"inputs": [{"name": "\xff"}]}', 400, "bad_request"),
    "other tensor": (*document(name="sound"), 400, "bad_request"),
    "other datatype": (*document(datatype="FP64"), 400, "bad_request"),
    "negative shape": (*document(shape=[-1]), 400, "bad_request"),
    "shape beyond data": (*document(shape=[1601]), 400, "bad_request"),
    "shape of 2**62": (*document(shape=[2**62]), 400, "bad_request"),
    "two channels": (*document(shape=[2, 800]), 400, "bad_request"),
    "texts for numbers": (*document(shape=[1], data=["1"]), 400, "bad_request"),
    "base64 junk": (*document(datatype="BYTES", shape=[1], data=["!"]), 400, "bad_request"),
    "base64 of text": (*document(datatype="BYTES", shape=[1], data=["aGVsbG8="]), 422, "bad_audio"),
    "no samples": (*document(shape=[0], data=[]), 422, "bad_audio"),
    "rate of 0 Hz": (*document(parameters={"sample_rate": 0}), 422, "bad_audio"),
    "unknown parameter": (*document(parameters={"rate": 8_000}), 400, "bad_request"),
    "header length of text": (*document(raw(0), says="x"), 400, "bad_request"),
    "header length below 0": (*document(raw(0), says="-1"), 400, "bad_request"),
    "header beyond body": (*document(raw(0), says=10**9), 400, "bad_request"),
    "header inside json": (*document(raw(0), says=5), 400, "bad_request"),
    "binary beyond body": (
        *document(raw(0), shape=[2], parameters={"binary_data_size": 8}),
        400,
        "bad_request",
    ),
    "binary left over": (
        *document(raw(0, 0), shape=[1], parameters={"binary_data_size": 4}),
        400,
        "bad_request",
    ),
    "shape beyond binary": (*document(raw(0), shape=[2]), 400, "bad_request"),
    "element beyond": (
        *document(struct.pack("<I", 99) + b"RIFF", datatype="BYTES", shape=[1]),
        400,
        "bad_request",
    ),
    "33 elements": (*document(bytes(4 * 33), datatype="BYTES", shape=[33]), 400, "bad_request"),
    "empty element": (*document(bytes(4), datatype="BYTES", shape=[1]), 422, "bad_audio"),
    "not a number": (*document(raw(*[float("nan")] * 1600), shape=[1600]), 422, "bad_audio"),
    "infinite": (*document(raw(*[float("inf")] * 1600), shape=[1600]), 422, "bad_audio"),
    "16-bit scale": (*document(raw(*[30_000] * 1600), shape=[1600]), 422, "bad_audio"),
    "61 seconds": (*document(bytes(4 * 976_000), shape=[976_000]), 413, "too_long"),
    "brotli": ({**JSON, "content-encoding": "br"}, b"x", 415, "unsupported_media"),
    "not gzip": ({**JSON, "content-encoding": "gzip"}, b"x", 400, "bad_request"),
}


@pytest.mark.parametrize(("headers", "body", "code", "reason"), ROWS.values(), ids=ROWS)
def test_bad_tensors_are_answered_and_counted(predictor, headers, body, code, reason):
    labels = {"traffic": "user", "code": str(code), "reason": reason}
    before = predictor.metric("asr_requests_total", **labels)

    answer = httpx.post(predictor.url + INFER, content=body, headers=headers)

    assert answer.status_code == code, answer.text
    assert predictor.metric("asr_requests_total", **labels) == before + 1
    assert " " in answer.json()["error"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused(predictor, method):
    answer = httpx.request(method, predictor.url + INFER)

    assert (answer.status_code, answer.json()) == (405, {"error": f"{INFER} takes POST, not {method}"})
