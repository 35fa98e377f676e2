"""The examples of the API's page and docs run as they stand, and what they get fits the schemas."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import jsonschema
import pytest

from model_server.protocols.openapi import document

DOCUMENT = document()
PAGE = Path(__file__).parents[3] / "docs" / "protocols.md"
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
# What curl writes after each answer: a mark, the status and the content type.
CURLRC = 'silent\nshow-error\nwrite-out = "\\x1e%{http_code} %{content_type}\\x1e"\n'
ANSWER = re.compile("(.*?)\x1e(\\d+) (.*?)\x1e", re.DOTALL)


def examples(language):
    return [
        pytest.param(operation, sample["source"], id=f"{method} {path}")
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        for sample in operation["x-codeSamples"]
        if sample["lang"] == language
    ]


@pytest.fixture
def run(predictor, clip, tmp_path):
    """Runs a command where a reader would; what it prints."""

    def run(*command):
        (tmp_path / "speech.wav").write_bytes(clip)
        (tmp_path / ".curlrc").write_text(CURLRC.replace("\\x1e", "\x1e"))
        environment = {**os.environ, "URL": predictor.url, "CURL_HOME": str(tmp_path)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run


def check(body, schema):
    """Hold one answer against its schema."""
    jsonschema.validate(body, {**schema, "components": DOCUMENT["components"]})


@pytest.mark.parametrize(("operation", "source"), examples("sh"))
def test_example_is_answered_as_described(run, operation, source):
    answers = ANSWER.findall(run("bash", "-eo", "pipefail", "-c", source))

    assert len(answers) == source.count("curl ")
    for body, code, content_type in answers:
        media = content_type.partition(";")[0]
        schema = operation["responses"][code]["content"][media]["schema"]
        if media == "application/json":
            check(json.loads(body), schema)
        elif media == "text/event-stream":
            assert [check(json.loads(line[6:]), schema) for line in body.splitlines() if line]
        else:
            check(body, schema)


@pytest.mark.parametrize(("operation", "source"), examples("python"))
def test_example_in_python_hears_the_words(run, words, spoken, operation, source):
    assert spoken(run(sys.executable, "-c", source))[:2] == words[:2]


@pytest.mark.parametrize("source", [source for language, source in BLOCKS if language == "sh"])
def test_shell_of_the_docs_is_answered(run, source):
    answers = ANSWER.findall(run("bash", "-eo", "pipefail", "-c", source))

    assert [code for _, code, _ in answers] == ["200"] * source.count("curl ")


@pytest.mark.parametrize("source", [source for language, source in BLOCKS if language == "python"])
def test_python_of_the_docs_hears_the_words(run, words, spoken, source):
    assert spoken(run(sys.executable, "-c", source)) == words


def test_refusals_fit_their_schemas(predictor):
    for path in ("/v1/audio/transcriptions", "/v1/models/{name}:predict"):
        answer = httpx.post(predictor.url + path.format(name="asr"), content=b"x")

        responses = DOCUMENT["paths"][path]["post"]["responses"]
        check(answer.json(), responses[str(answer.status_code)]["content"]["application/json"]["schema"])


def test_document_and_page_are_served_in_place_of_the_sdks(predictor):
    page = httpx.get(f"{predictor.url}/docs")

    assert httpx.get(f"{predictor.url}/openapi.json").json() == DOCUMENT
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "/v1/audio/transcriptions" in page.text
