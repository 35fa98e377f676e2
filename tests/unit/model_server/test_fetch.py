"""Fetching: from a wheel of the right digest only, whole or not at all, and once."""

import hashlib
import zipfile

import pytest
import yaml

from model_server.artefact import fetch as fetching
from model_server.artefact.__main__ import main
from model_server.artefact.manifest import read_manifest, verify
from model_server.errors import ArtefactError

CLIP = b"a clip"


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A table with one small model, and the cache that already has its wheel."""
    cache = tmp_path / "cache"
    cache.mkdir()
    with zipfile.ZipFile(tmp_path / "wheel", "w") as archive:
        archive.writestr("package/clip.wav", CLIP)
    digest = hashlib.sha256((tmp_path / "wheel").read_bytes()).hexdigest()
    (tmp_path / "wheel").rename(cache / f"{digest}.whl")
    model = {
        **{"name": "small", "version": "1", "engine": "onnx", "language": "en", "sample_rate": 16_000},
        "limits": {"max_segment_seconds": 24, "max_tokens_per_second": 6.5},
        "files": [{"path": "clip.wav", "sha256": hashlib.sha256(CLIP).hexdigest()}],
        "self_test": {"audio": "clip.wav", "text": "a clip"},
    }
    table = {"package": "none-such", "version": "1", "platform": "any", "wheel_sha256": digest}
    table |= {"members": {"clip.wav": "package/clip.wav"}, "model": model}
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "small.yaml").write_text(yaml.safe_dump(table))
    monkeypatch.setattr(fetching, "HERE", tables)
    return cache


def test_fetched_folder_is_whole(source, tmp_path):
    out = tmp_path / "models" / "small"

    assert fetching.fetch("small", out, source) is True
    verify(read_manifest(out))


def test_second_fetch_does_nothing(source, tmp_path):
    out = tmp_path / "small"
    fetching.fetch("small", out, source)
    before = (out / "clip.wav").stat()

    assert fetching.fetch("small", out, source) is False
    assert (out / "clip.wav").stat() == before


def test_other_version_takes_the_place_of_the_old(source, tmp_path):
    out = tmp_path / "small"
    fetching.fetch("small", out, source)
    (out / "model.yaml").write_text((out / "model.yaml").read_text().replace("version: '1'", "version: '0'"))

    assert fetching.fetch("small", out, source) is True
    assert read_manifest(out).version == "1"


def test_damaged_folder_is_named(source, tmp_path):
    out = tmp_path / "small"
    fetching.fetch("small", out, source)
    (out / "clip.wav").write_bytes(b"other")

    with pytest.raises(ArtefactError, match="must have SHA-256"):
        fetching.fetch("small", out, source)


def test_folder_of_something_else_is_left_alone(source, tmp_path):
    out = tmp_path / "home"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")

    with pytest.raises(ArtefactError, match="is not a model's folder"):
        fetching.fetch("small", out, source)


def test_member_with_another_digest_leaves_no_folder(source, tmp_path):
    table = tmp_path / "tables" / "small.yaml"
    table.write_text(table.read_text().replace(hashlib.sha256(CLIP).hexdigest(), "f" * 64))

    with pytest.raises(ArtefactError, match=f"must have SHA-256 {'f' * 64}"):
        fetching.fetch("small", tmp_path / "small", source)
    assert not (tmp_path / "small").exists()


def test_unknown_model_is_refused_by_name(source, tmp_path, capsys):
    status = main(["fetch", "whisper-huge", "--out", str(tmp_path / "x"), "--cache", str(source)])

    assert status == 1
    assert "no model 'whisper-huge'; known: small" in capsys.readouterr().err


def test_verify_says_what_is_wrong(source, tmp_path, capsys):
    fetching.fetch("small", tmp_path / "small", source)

    assert main(["verify", str(tmp_path / "small")]) == 0
    (tmp_path / "small" / "clip.wav").unlink()
    assert main(["verify", str(tmp_path / "small")]) == 1
    assert "clip.wav: No such file" in capsys.readouterr().err
