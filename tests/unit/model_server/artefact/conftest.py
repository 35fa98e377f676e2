"""A small whole model, and a server on loopback that gives its files as told."""

import hashlib

import pytest

from tests.loopback import Loopback

CLIP = b"pretend this is a clip"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def small_model(**changes):
    return {
        "name": "small",
        "version": "1",
        "engine": "onnx",
        "language": "en",
        "licence": "MIT",
        "sample_rate": 16_000,
        "limits": {"max_segment_seconds": 24, "max_tokens_per_second": 6.5},
        "files": [{"path": "clip.wav", "sha256": sha256(CLIP)}],
        "self_test": {"audio": "clip.wav", "text": "a clip"},
        **changes,
    }


@pytest.fixture
def document():
    """Makes what a model.yaml of one file says, with changes."""
    return small_model


@pytest.fixture
def clip():
    return CLIP


class FileServer(Loopback):
    """Answers GET by `answers`: path -> (status, headers, body); keeps the headers of what was asked."""

    def __init__(self):
        super().__init__()
        self.answers, self.asked = {}, []

    def answer(self, path, headers, body):
        self.asked.append((path, dict(headers)))
        return self.answers.get(path, (404, {}, b""))


@pytest.fixture
def server():
    with FileServer() as server:
        yield server
