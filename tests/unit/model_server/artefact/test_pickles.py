"""Pickles and torch's zip archives are refused whatever their name; what only looks like one is not."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save

from model_server.artefact.manifest import checked_digest
from model_server.errors import ArtefactError


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    return buffer.getvalue()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_refused_by_its_content(protocol, tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"weight": [1.0]}, protocol))

    with pytest.raises(ArtefactError, match=r"pytorch_model\.bin: it begins as a pickle does"):
        checked_digest(tmp_path, "pytorch_model.bin")


def test_zip_archive_is_refused_by_its_content(tmp_path):
    (tmp_path / "weights.bin").write_bytes(zipped())

    with pytest.raises(ArtefactError, match=r"weights\.bin: it is a zip archive, as torch\.save writes"):
        checked_digest(tmp_path, "weights.bin")


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"\x08\x0a onnx", b"\x18\x00\x00\x00ORTM", b"\x00\x00\x08"]
)
def test_other_files_are_taken(content, tmp_path):
    (tmp_path / "tokenizer.bin").write_bytes(content)

    assert len(checked_digest(tmp_path, "tokenizer.bin")) == 64


def test_safetensors_whose_length_looks_like_a_pickle_is_taken(tmp_path):
    # The library pads its JSON header to 8 bytes; 0x280 of them begin the file with 80 02, as a pickle does.
    for name_length in range(1, 0x280):
        content = save({"w" * name_length: np.zeros(4, np.float32)})
        if content[:2] == b"\x80\x02":
            break
    (tmp_path / "model.safetensors").write_bytes(content)

    assert content[:9] == (0x280).to_bytes(8, "little") + b"{"
    assert len(checked_digest(tmp_path, "model.safetensors")) == 64
