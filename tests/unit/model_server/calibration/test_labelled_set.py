"""A labelled set: read in order, refused by file and line."""

import hashlib

import pytest

from model_server.calibration.labelled_set import LabelledSetError, read_set, set_digest


def test_set_is_read_in_order(tmp_path):
    lines = '{"audio_filepath": "b.wav", "text": "2"}\n{"audio_filepath": "a.wav", "text": "1"}\n'
    (tmp_path / "manifest.jsonl").write_text(lines)

    assert [(clip.path.name, clip.text) for clip in read_set(tmp_path)] == [
        ("b.wav", "2"),
        ("a.wav", "1"),
    ]
    assert set_digest(tmp_path) == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "no labelled set"), ("", "has no clips"), ("{}\n", "line 1: KeyError"), ("{\n", "line 1: JSON")],
)
def test_folder_that_is_none_is_refused(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "manifest.jsonl").write_text(content)

    with pytest.raises(LabelledSetError, match=sentence):
        read_set(tmp_path)
