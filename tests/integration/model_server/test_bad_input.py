"""Bad input gets its status, a sentence and a count; the process goes on."""

import socket
import struct

import httpx
import pytest

PREDICT, OPENAI = "/v1/models/asr:predict", "/v1/audio/transcriptions"
WAV = {"content-type": "audio/wav"}
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=xx"}


def part(name, value=b"asr", filename=None):
    file = f'; filename="{filename}"' if filename else ""
    return f'--xx\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value + b"\r\n"


def form(*parts):
    return b"".join(parts) + b"--xx--\r\n"


def one_sample(sample_rate):
    """A WAV file of a single 16-bit sample."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, sample_rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 38, b"WAVE") + fmt + struct.pack("<4sIh", b"data", 2, 0)


PREDICT_ROWS = {
    "no body": (WAV, b"", 422, "bad_audio"),
    "text": (WAV, b"hello", 422, "bad_audio"),
    "zeros": (WAV, b"\0" * 4096, 422, "bad_audio"),
    "bare riff": (WAV, b"RIFF\xff\xff\xff\xffWAVEfmt ", 422, "bad_audio"),
    "bare ogg": (WAV, b"OggS" + b"\0" * 60, 422, "bad_audio"),
    "bare flac": ({"content-type": "audio/flac"}, b"fLaC" + b"\0" * 60, 422, "bad_audio"),
    "bare mp3": ({"content-type": "audio/mpeg"}, b"\xff\xfb\x90\x64" * 4, 422, "bad_audio"),
    "one sample at 192 kHz": (WAV, one_sample(192_000), 422, "bad_audio"),
    "no content type": ({}, b"x", 415, "unsupported_media"),
    "a form": ({"content-type": "application/x-www-form-urlencoded"}, b"a=b", 415, "unsupported_media"),
    "webm": ({"content-type": "audio/webm"}, b"\x1aE\xdf\xa3", 415, "unsupported_media"),
    "half json": (JSON, b'{"instances": [', 400, "bad_request"),
    "json of no instance": (JSON, b'{"inputs": []}', 400, "bad_request"),
    "deep json": (JSON, b"[" * 200_000, 400, "bad_request"),
    "json of a million objects": (JSON, b'{"instances": [' + b"{}," * 10**6 + b"{}]}", 400, "bad_request"),
    "no base64": (JSON, b'{"instances": [{"audio": {"b64": "!"}}]}', 400, "bad_request"),
    "base64 of text": (JSON, b'{"instances": [{"audio": {"b64": "aGVsbG8="}}]}', 422, "bad_audio"),
}
OPENAI_ROWS = {
    "no form": (WAV, b"x", 415, "unsupported_media"),
    "no boundary": ({"content-type": "multipart/form-data"}, b"x", 400, "bad_request"),
    "not a form": (FORM, b"hello", 400, "bad_request"),
    "cut-off form": (FORM, part("file", b"RIFF", "a.wav")[:40], 400, "bad_request"),
    "no file": (FORM, form(part("model")), 400, "bad_request"),
    "file as text": (FORM, form(part("file", b"abc")), 400, "bad_request"),
    "file of text": (FORM, form(part("file", b"abc", "a.wav")), 422, "bad_audio"),
    "one sample": (FORM, form(part("file", one_sample(48_000), "a.wav")), 422, "bad_audio"),
    "empty file": (FORM, form(part("file", b"", "a.wav")), 422, "bad_audio"),
    "two files": (FORM, form(part("file", b"a", "a"), part("file", b"b", "b")), 400, "bad_request"),
    "other model": (FORM, form(part("file", b"a", "a"), part("model", b"whisper-1")), 404, "not_found"),
    "other format": (
        FORM,
        form(part("file", b"a", "a"), part("response_format", b"docx")),
        400,
        "bad_request",
    ),
    "other language": (FORM, form(part("file", b"a", "a"), part("language", b"xx")), 400, "bad_request"),
    "unknown field": (FORM, form(part("file", b"a", "a"), part("prompt", b"x")), 400, "bad_request"),
    "many fields": (FORM, form(*[part(f"f{n}") for n in range(50)]), 400, "bad_request"),
}
ROWS = [
    *(pytest.param(PREDICT, *row, id=f"predict {name}") for name, row in PREDICT_ROWS.items()),
    *(pytest.param(OPENAI, *row, id=f"openai {name}") for name, row in OPENAI_ROWS.items()),
]


def sentence(answer):
    """What an error says; OpenAI's routes tell it in an object."""
    error = answer.json()["error"]
    return error["message"] if isinstance(error, dict) else error


def count(predictor, code, reason):
    return predictor.metric("asr_requests_total", traffic="user", code=str(code), reason=reason)


@pytest.mark.parametrize(("path", "headers", "body", "code", "reason"), ROWS)
def test_bad_input_is_answered_and_counted(predictor, path, headers, body, code, reason):
    before = count(predictor, code, reason)

    answer = httpx.post(predictor.url + path, content=body, headers=headers)

    assert (answer.status_code, count(predictor, code, reason)) == (code, before + 1)
    assert " " in sentence(answer)


def test_too_long_audio_is_refused(predictor, repeated):
    answer = predictor.predict(repeated(7))

    assert answer.status_code == 413
    assert answer.json()["error"] == "audio must be at most 60 s long, not 69.7 s"


def test_too_large_a_body_is_refused_before_it_is_sent(predictor):
    host, port = predictor.url.removeprefix("http://").split(":")
    head = (
        f"POST {PREDICT} HTTP/1.1\r\nhost: x\r\ncontent-type: audio/wav\r\ncontent-length: 999999999\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())

        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [PREDICT, OPENAI])
def test_other_methods_are_refused(predictor, method, path):
    answer = httpx.request(method, predictor.url + path)

    assert (answer.status_code, sentence(answer)) == (405, f"{path} takes POST, not {method}")


@pytest.mark.parametrize(
    "path", ["/v1/models/other:predict", "/v2/models/other/infer", "/v1/models/asr:explain", "/x"]
)
def test_what_is_not_served_is_not_found(predictor, clip, path):
    answer = httpx.post(predictor.url + path, content=clip, headers=WAV)

    assert answer.status_code == 404
    assert " " in sentence(answer)


def test_client_that_leaves_early_does_no_harm(predictor, clip, words, spoken):
    host, port = predictor.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/models/asr:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nRIFF"
        )

    assert spoken(predictor.predict(clip).json()["predictions"][0]["text"]) == words


def test_process_outlives_all_of_it(predictor):
    assert predictor.process.poll() is None
    assert predictor.state() == (200, "ready")
