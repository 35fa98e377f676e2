"""model.yaml: read whole or refused by a sentence; a file that is not what it says is found."""

import hashlib
import json

import jsonschema
import pytest
import yaml

from model_server.artefact.manifest import SCHEMA, manifest_complaints, read_manifest, verify
from model_server.artefact.schema import complaints
from model_server.errors import ArtefactError


@pytest.fixture
def folder(tmp_path, document, clip):
    """Makes a model's folder whose model.yaml has changes."""

    def folder(**changes):
        (tmp_path / "clip.wav").write_bytes(clip)
        (tmp_path / "model.yaml").write_text(yaml.safe_dump(document(**changes)))
        return tmp_path

    return folder


def test_whole_folder_is_verified(tmp_path, folder):
    artefact = read_manifest(folder())

    verify(artefact)

    assert (artefact.name, artefact.limits.max_segment_seconds) == ("small", 24.0)
    assert artefact.digest == hashlib.sha256((tmp_path / "model.yaml").read_bytes()).hexdigest()


def test_changed_file_is_found(tmp_path, folder):
    artefact = read_manifest(folder())
    (tmp_path / "clip.wav").write_bytes(b"another clip")

    with pytest.raises(ArtefactError, match=r"clip\.wav must have SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}"):
        verify(artefact)


def test_missing_file_is_found(tmp_path, folder):
    artefact = read_manifest(folder())
    (tmp_path / "clip.wav").unlink()

    with pytest.raises(ArtefactError, match=r"clip\.wav: No such file"):
        verify(artefact)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../outside", "a/../../b", "a//b", "model.yaml", "a\\b", "a\nb"]
)
def test_file_outside_the_folder_is_refused(path, folder, document):
    files = [*document()["files"], {"path": path, "sha256": "0" * 64}]

    with pytest.raises(ArtefactError, match="must stay within the folder"):
        read_manifest(folder(files=files))


HISTOGRAM = {"bounds": [1, 2.5], "counts": [3, 4, 5]}
CALIBRATION = {"intercept": -1.5, "slope": 4, "set_digest": "a" * 64}
BROKEN = [
    (
        {"limits": {}},
        "limits.max_segment_seconds is missing; it must be a number of seconds from 0.5 to 3600",
    ),
    ({"files": 7}, "files must be a list of 1 to 1000 files, not 7"),
    ({"files": []}, "files must be a list of 1 to 1000 files, not []"),
    (
        {"files": [{"path": "a", "sha256": "B" * 64}]},
        "files[0].sha256 must be 64 hexadecimal digits in lower",
    ),
    ({"sample_rate": "many"}, "sample_rate must be 8000, 16000, 32000 or 48000 (Hz), not 'many'"),
    ({"sample_rate": True}, "sample_rate must be 8000, 16000, 32000 or 48000 (Hz), not True"),
    ({"version": 1}, "version must be text (in quotes where it looks like a number)"),
    (
        {"name": "a b"},
        "name must be 1 to 128 letters, digits, '.', '_' or '-', a letter or digit first, not",
    ),
    ({"engine": "abacus"}, "engine must be onnx or torch, not 'abacus'"),
    ({"precision": "fp8"}, "precision must be fp32 or int8, not 'fp8'"),
    ({"color": "red"}, "'color' is not a field of the document; fields: name, version"),
    ({"limits": {"max_segment_seconds": 24, "max_tokens_per_second": float("inf")}}, "not inf"),
    ({"limits": {"max_segment_seconds": float("nan"), "max_tokens_per_second": 6}}, "not nan"),
    ({"confidence": {**CALIBRATION, "slope": -1}}, "confidence.slope must be a number from 0 to 1000"),
    ({"reference": {"weather": HISTOGRAM}}, "a field of reference must be the name of an asr_input_* metric"),
    (
        {"reference": {"asr_input_duration_seconds": {"bounds": [1], "counts": [1, -1]}}},
        "reference.asr_input_duration_seconds.counts[1] must be a whole number, 0 or more, not -1",
    ),
]
WHOLE = [
    {},
    {"version": "2026.11+a"},
    {"precision": "int8", "confidence": CALIBRATION},
    {"reference": {"asr_input_duration_seconds": HISTOGRAM}},
]


@pytest.fixture
def schema():
    return json.loads(SCHEMA.read_text())


@pytest.mark.parametrize(("changes", "sentence"), BROKEN)
def test_manifest_is_refused_by_field_value_and_what_is_allowed(changes, sentence, folder):
    with pytest.raises(ArtefactError) as refusal:
        read_manifest(folder(**changes))
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("changes", [changes for changes, _ in BROKEN] + WHOLE)
def test_schema_file_and_validator_agree(changes, document, schema):
    # JSON has no NaN and no infinity; jsonschema lets Python's pass the bounds in one direction.
    finite = "nan" not in str(changes)
    valid = jsonschema.Draft202012Validator(schema).is_valid(document(**changes))

    assert (list(complaints(document(**changes), schema)) == []) is (valid and finite)


def test_schema_is_one(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("changes", WHOLE)
def test_whole_manifest_is_read(changes, folder):
    assert read_manifest(folder(**changes)).name == "small"


def test_optional_fields_are_read(folder):
    artefact = read_manifest(
        folder(confidence=CALIBRATION, reference={"asr_input_duration_seconds": HISTOGRAM})
    )

    assert (artefact.confidence.intercept, artefact.confidence.slope) == (-1.5, 4)
    assert artefact.reference["asr_input_duration_seconds"].counts == (3, 4, 5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"self_test": {"audio": "no.wav", "text": "x"}}, "must be one of the files, not 'no.wav'"),
        ({"files": [{"path": "clip.wav", "sha256": "0" * 64}] * 2}, "each path once, not 'clip.wav' twice"),
        ({"reference": {"asr_input_x": {"bounds": [2, 1], "counts": [1, 1, 1]}}}, "must have rising bounds"),
        ({"reference": {"asr_input_x": {"bounds": [1, 2], "counts": [1, 1]}}}, "2 bounds and 2 counts"),
    ],
)
def test_what_no_schema_says_is_checked_too(changes, sentence, document):
    assert any(sentence in complaint for complaint in manifest_complaints(document(**changes)))


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff\xfe\xff", b"- 1", b"", b"name: 0x" + b"f" * 9000, b"[" * 1500, b"a: &a [*a]"],
)
def test_hostile_manifest_is_refused_by_a_sentence(content, tmp_path):
    (tmp_path / "model.yaml").write_bytes(content)

    with pytest.raises(ArtefactError, match=r"model\.yaml is not (YAML|a model\.yaml)"):
        read_manifest(tmp_path)


def test_manifest_has_a_largest_size(tmp_path):
    (tmp_path / "model.yaml").write_bytes(b"#" * (1 << 19))

    with pytest.raises(ArtefactError, match="must be at most 262144 bytes"):
        read_manifest(tmp_path)


def test_aliases_within_aliases_are_shown_short(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]" for i in range(1, 20)]
    (tmp_path / "model.yaml").write_text("\n".join([*lines, "name: *a19"]))

    with pytest.raises(ArtefactError) as refusal:
        read_manifest(tmp_path)
    assert len(str(refusal.value)) < 1000


@pytest.mark.parametrize("path", ["model.pt", "weights/pytorch_model.PTH", "a.pkl", "last.ckpt"])
def test_file_named_as_a_pickle_is_refused(path, folder, document):
    files = [*document()["files"], {"path": path, "sha256": "0" * 64}]

    with pytest.raises(ArtefactError, match="weights must be safetensors, ONNX or ORT"):
        read_manifest(folder(files=files))


def test_folder_without_a_model_is_refused(tmp_path, folder):
    with pytest.raises(ArtefactError, match=r"no model in .*: model\.yaml: No such file"):
        read_manifest(tmp_path)


def test_unlisted_file_is_not_part_of_the_model(tmp_path, folder):
    with pytest.raises(ArtefactError, match=r"lists no file 'other'; files: clip\.wav"):
        read_manifest(folder()).path("other")
