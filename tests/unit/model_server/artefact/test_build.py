"""Building: a folder of files is described by their digests, and refused where it could not be served."""

import hashlib

import pytest

from model_server.artefact.__main__ import main
from model_server.artefact.manifest import read_manifest, verify


@pytest.fixture
def folder(tmp_path):
    """A folder of two files, one in a folder of its own."""
    (tmp_path / "model" / "weights").mkdir(parents=True)
    (tmp_path / "model" / "clip.wav").write_bytes(b"a clip")
    (tmp_path / "model" / "weights" / "encoder.onnx").write_bytes(b"\x08\x0aweights")
    return tmp_path / "model"


def command(folder, **changes):
    flags = {
        "name": "small",
        "version": "1.0",
        "engine": "onnx",
        "language": "en",
        "licence": "MIT",
        "sample-rate": "16000",
        "max-segment-seconds": "24",
        "max-tokens-per-second": "6.5",
        "self-test-audio": "clip.wav",
        "self-test-text": "a clip",
        **changes,
    }
    return ["build", str(folder), *(part for name, value in flags.items() for part in (f"--{name}", value))]


def test_built_folder_is_whole_and_lists_every_file(folder, capsys):
    assert main(command(folder, precision="int8")) == 0

    artefact = read_manifest(folder)
    verify(artefact)
    assert artefact.files["clip.wav"] == hashlib.sha256(b"a clip").hexdigest()
    assert (sorted(artefact.files), artefact.precision) == (["clip.wav", "weights/encoder.onnx"], "int8")
    assert artefact.digest in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"engine": "abacus"}, "engine must be onnx or torch, not 'abacus'"),
        ({"self-test-audio": "no.wav"}, "self_test.audio must be one of the files, not 'no.wav'"),
        ({"sample-rate": "44100"}, "sample_rate must be 8000, 16000, 32000 or 48000 (Hz), not 44100"),
    ],
)
def test_wrong_description_writes_nothing(folder, changes, sentence, capsys):
    assert main(command(folder, **changes)) == 1
    assert sentence in capsys.readouterr().err
    assert not (folder / "model.yaml").exists()


def test_described_folder_is_not_described_again(folder, capsys):
    main(command(folder))

    assert main(command(folder)) == 1
    assert "model.yaml exists already; remove it" in capsys.readouterr().err


def test_link_is_refused(folder, capsys):
    (folder / "outside.onnx").symlink_to("/etc/hostname")

    assert main(command(folder)) == 1
    assert "outside.onnx must be a file, not a link" in capsys.readouterr().err


def test_pickle_in_the_folder_is_refused(folder, capsys):
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x02}q\x00.")

    assert main(command(folder)) == 1
    assert "pytorch_model.bin: it begins as a pickle does" in capsys.readouterr().err
