"""model.yaml: read whole or refused by a sentence; a file that is not what it says is found."""

import hashlib

import pytest
import yaml

from model_server.artefact.manifest import read_manifest, verify
from model_server.errors import ArtefactError

AUDIO = b"pretend this is a clip"


def document(**changes):
    return {
        "name": "tiny",
        "version": "1",
        "engine": "onnx",
        "language": "en",
        "sample_rate": 16_000,
        "limits": {"max_segment_seconds": 24, "max_tokens_per_second": 6.5},
        "files": [{"path": "clip.wav", "sha256": hashlib.sha256(AUDIO).hexdigest()}],
        "self_test": {"audio": "clip.wav", "text": "hello"},
        **changes,
    }


def folder(tmp_path, **changes):
    (tmp_path / "clip.wav").write_bytes(AUDIO)
    (tmp_path / "model.yaml").write_text(yaml.safe_dump(document(**changes)))
    return tmp_path


def test_whole_folder_is_verified(tmp_path):
    artefact = read_manifest(folder(tmp_path))

    verify(artefact)

    assert (artefact.name, artefact.limits.max_segment_seconds) == ("tiny", 24.0)
    assert artefact.digest == hashlib.sha256((tmp_path / "model.yaml").read_bytes()).hexdigest()


def test_changed_file_is_found(tmp_path):
    artefact = read_manifest(folder(tmp_path))
    (tmp_path / "clip.wav").write_bytes(AUDIO + b"!")

    with pytest.raises(ArtefactError, match=r"clip\.wav must have SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}"):
        verify(artefact)


def test_missing_file_is_found(tmp_path):
    artefact = read_manifest(folder(tmp_path))
    (tmp_path / "clip.wav").unlink()

    with pytest.raises(ArtefactError, match=r"clip\.wav: No such file"):
        verify(artefact)


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "a/../../b"])
def test_file_outside_the_folder_is_refused(path, tmp_path):
    files = [*document()["files"], {"path": path, "sha256": "0" * 64}]

    with pytest.raises(ArtefactError, match="must stay within the folder"):
        read_manifest(folder(tmp_path, files=files))


@pytest.mark.parametrize(
    "changes",
    [{"limits": {}}, {"files": 7}, {"sample_rate": "many"}, {"self_test": {"audio": "no.wav", "text": "x"}}],
)
def test_incomplete_manifest_is_refused(changes, tmp_path):
    with pytest.raises(ArtefactError, match=r"model\.yaml is not a model\.yaml"):
        read_manifest(folder(tmp_path, **changes))


def test_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ArtefactError, match=r"no model in .*: model\.yaml: No such file"):
        read_manifest(tmp_path)


def test_unlisted_file_is_not_part_of_the_model(tmp_path):
    with pytest.raises(ArtefactError, match=r"lists no file 'other'; files: clip\.wav"):
        read_manifest(folder(tmp_path)).path("other")
