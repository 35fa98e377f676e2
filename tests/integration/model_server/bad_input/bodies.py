"""Bodies that are no request, each with what it is answered."""

import json

from .files import NOISE, encoded, wav

PREDICT, OPENAI = "/v1/models/asr:predict", "/v1/audio/transcriptions"
WAV = {"content-type": "audio/wav"}
JSON = {"content-type": "application/json"}
FORM = {"content-type": "multipart/form-data; boundary=xx"}
FILE = encoded(NOISE, "WAV")


def part(name, value=b"asr", filename=None):
    file = f'; filename="{filename}"' if filename is not None else ""
    return f'--xx\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value + b"\r\n"


def form(*parts):
    return b"".join(parts) + b"--xx--\r\n"


def asked(name, value):
    """A form with a file and one field more."""
    return form(part("file", FILE, "a.wav"), part(name, value))


def instances(*given):
    return json.dumps({"instances": given}).encode()


def timeout(value):
    return {**WAV, "x-request-timeout-ms": value}


MEDIA = "content type must be application/json or one of audio/wav"
UNREADABLE = "the form cannot be read"
TIMEOUT = "x-request-timeout-ms must be a whole number from 1 to 3600000, not"
# Name, headers, body, code, what the sentence has.
PREDICTIONS = (
    ("no content type", {}, b"x", 415, MEDIA),
    ("a web form", {"content-type": "application/x-www-form-urlencoded"}, b"a=b", 415, MEDIA),
    ("webm", {"content-type": "audio/webm"}, b"\x1aE\xdf\xa3", 415, "not 'audio/webm'"),
    ("a type that is no text", {"content-type": b"\xff\xfe"}, b"x", 415, MEDIA),
    ("a type of 20000 letters", {"content-type": "x" * 20_000}, b"x", 415, MEDIA),
    ("json that says it is audio", WAV, b'{"instances": []}', 422, "bytes are not WAV"),
    ("audio that says it is json", JSON, FILE, 400, ""),
    ("no json", JSON, b"", 400, "the body is not JSON"),
    ("half json", JSON, b'{"instances": [', 400, "the body is not JSON"),
    ("json of no text", JSON, b'{"instances": ["\xff"]}', 400, "the body is not JSON"),
    ("json of no instance", JSON, b'{"inputs": []}', 400, "with 1 to 32 instances"),
    ("json list", JSON, b"[]", 400, "with 1 to 32 instances"),
    ("json number of 100000 digits", JSON, b'{"instances": ' + b"9" * 100_000 + b"}", 400, ""),
    ("json 200000 deep", JSON, b"[" * 200_000, 400, "at most 256 braces, brackets and commas, not 200000"),
    ("json of a million objects", JSON, b'{"instances": [' + b"{}," * 10**6 + b"{}]}", 400, "not 2000003"),
    ("json of 33 instances", JSON, instances(*range(33)), 400, "with 1 to 32 instances"),
    ("instance that is null", JSON, instances(None), 400, "instance 0 must be"),
    ("audio that is a list", JSON, instances({"audio": [1]}), 400, "instance 0 must be"),
    ("no base64", JSON, instances({"audio": {"b64": "!"}}), 400, "instance 0: b64 is not base64"),
    ("base64 of other letters", JSON, instances({"audio": {"b64": "h\u00e4\u00df="}}), 400, "is not base64"),
    ("base64 cut off", JSON, instances({"audio": {"b64": "aGVsbG8"}}), 400, "is not base64"),
    ("base64 of text", JSON, instances({"audio": {"b64": "aGVsbG8="}}), 422, "5 bytes are not WAV"),
    ("base64 of nothing", JSON, instances({"audio": {"b64": ""}}), 422, "the audio is empty: 0 bytes"),
    *(
        (f"timeout of {value!r}", timeout(value), FILE, 400, TIMEOUT)
        for value in (
            "0",
            "-1",
            "1.5",
            "1e3",
            "soon",
            "3600001",
            "9" * 5000,
            "0x10",
            "1,2",
            "\u0663".encode(),
        )
    ),
)
FORMS = (
    ("no form", WAV, b"x", 415, "content type must be multipart/form-data, not 'audio/wav'"),
    ("no boundary", {"content-type": "multipart/form-data"}, b"x", 400, "its content type has no boundary"),
    ("text", FORM, b"hello", 400, UNREADABLE),
    ("nothing", FORM, b"", 400, "it has no end"),
    ("cut-off form", FORM, part("file", FILE, "a.wav")[:40], 400, "it has no end"),
    ("form without its end", FORM, part("file", FILE, "a.wav"), 400, "it has no end"),
    ("no file", FORM, form(part("model")), 400, "must have the audio as an uploaded file"),
    ("file as text", FORM, form(part("file", b"abc")), 400, "must have the audio as an uploaded file"),
    ("file of text", FORM, form(part("file", b"abc", "a.wav")), 422, "3 bytes are not WAV"),
    ("file of one sample", FORM, form(part("file", wav(data=b""), "a.wav")), 422, "header but no samples"),
    ("empty file", FORM, form(part("file", b"", "a.wav")), 422, "the audio is empty: 0 bytes"),
    ("two files", FORM, form(part("file", b"a", "a"), part("file", b"b", "b")), 400, "must have one file"),
    ("file in another field", FORM, form(part("sound", b"a", "a")), 400, "one file, in its field 'file'"),
    ("other model", FORM, asked("model", b"whisper-1"), 404, "there is no model 'whisper-1' here"),
    ("model that is a path", FORM, asked("model", b"../../etc"), 404, "there is no model '../../etc' here"),
    ("model that is no text", FORM, asked("model", b"\xff\x00"), 404, "there is no model"),
    ("two models", FORM, form(part("model"), part("model")), 400, "'model' once, not 2 times"),
    ("unknown format", FORM, asked("response_format", b"docx"), 400, "response_format must be one of"),
    ("other language", FORM, asked("language", b"xx"), 400, "language must be 'en', not 'xx'"),
    ("prompt", FORM, asked("prompt", b"x"), 400, "prompt must be empty"),
    ("temperature", FORM, asked("temperature", b"nan"), 400, "temperature must be 0, not 'nan'"),
    ("stream of maybe", FORM, asked("stream", b"maybe"), 400, "stream must be true or false"),
    ("unknown field", FORM, asked("top_p", b"x"), 400, "not 'top_p'"),
    ("field without a name", FORM, asked("", b"x"), 400, "not ''"),
    (
        "name that is no text",
        FORM,
        form(b"--xx\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\r\n"),
        400,
        "",
    ),
    ("many fields", FORM, form(*[part(f"f{n}") for n in range(50)]), 400, "at most 16 fields"),
    ("field of 100 KB", FORM, asked("language", b"x" * 100_000), 400, "at most 16384 bytes"),
    ("header of 100 KB", FORM, form(part("x" * 100_000)), 400, UNREADABLE),
    (
        "file named by a path",
        FORM,
        form(part("file", b"abc", "../../etc/passwd\0")),
        422,
        "3 bytes are not WAV",
    ),
)
