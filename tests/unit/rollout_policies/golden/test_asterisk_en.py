"""The committed golden set is well formed, and assembling it refuses what is not the committed audio."""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rollout_policies.golden import assemble
from rollout_policies.golden.debian import read_members, read_packages
from rollout_policies.golden.errors import AssembleError, DigestError, ManifestError
from rollout_policies.word_errors import normalised

# How the words were decided, then what else says the same; sets/asterisk-en/README.md explains each.
LABEL_SOURCE = re.compile(
    r"(two-models-agree|reviewed:two-models-differ|reviewed:against-both-models)(\+file-name)?(\+prompt-list)?"
)
COPYRIGHT = "usr/share/doc/tiny-sounds/copyright"


def rows() -> list[dict[str, Any]]:
    text = (assemble.SET_DIR / "manifest.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def no_progress(what: str, done: int, total: int) -> None:
    """Report nothing."""


def test_set_has_at_least_300_clips() -> None:
    assert len(rows()) >= 300


def test_every_line_has_the_same_fields_in_the_same_order() -> None:
    fields = ["audio_filepath", "duration", "text", "label_source", "speaker", "source", "sha256", "words"]
    assert [list(row) for row in rows()] == [fields] * len(rows())


@pytest.mark.parametrize("field", ["audio_filepath", "sha256", "source"])
def test_no_clip_is_there_twice(field: str) -> None:
    values = [row[field] for row in rows()]
    assert len(values) == len(set(values))


def test_lines_are_sorted_by_file() -> None:
    names = [row["audio_filepath"] for row in rows()]
    assert names == sorted(names)


def test_every_label_source_is_known() -> None:
    unknown = [row["label_source"] for row in rows() if not LABEL_SOURCE.fullmatch(row["label_source"])]
    assert unknown == []


def test_words_are_those_left_by_the_normaliser() -> None:
    wrong = [row for row in rows() if row["words"] != len(normalised(row["text"]).split())]
    assert wrong == []


def test_text_is_plain_spoken_words() -> None:
    plain = re.compile(r"(3D )?[A-Za-z](?:[A-Za-z ,.?']|-(?=[A-Za-z]))*")
    odd = [row["text"] for row in rows() if not plain.fullmatch(row["text"])]
    assert odd == []


def test_durations_are_those_of_speech_a_model_takes_at_once() -> None:
    # Whisper's window is 30 s; below 0.6 s a label is a guess.
    outside = [row["audio_filepath"] for row in rows() if not 0.6 <= row["duration"] <= 30]
    assert outside == []


def test_every_source_is_a_pinned_package() -> None:
    packages = read_packages(assemble.SET_DIR / "packages.json")
    clips = assemble.read_clips(assemble.SET_DIR / "manifest.jsonl")
    pins = {(package.name, package.version) for package in packages.values()}
    assert {(clip.package, clip.version) for clip in clips} <= pins


def tiny_deb(root: Path, content: bytes) -> Path:
    """Build a real package with one file and a copyright note, and return its path."""
    tree = root / "tree"
    files = {
        "DEBIAN/control": b"Package: tiny-sounds\nVersion: 1-1\nArchitecture: all\n"
        b"Maintainer: Nobody <nobody@example.org>\nDescription: one sound\n",
        "sounds/hello.wav": content,
        COPYRIGHT: b"public domain\n",
    }
    for name, data in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(data)
    deb = root / "cache" / "tiny-sounds_1-1_all.deb"
    deb.parent.mkdir()
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, deb], check=True, capture_output=True)
    return deb


def tiny_set(root: Path, deb: Path, clip_sha256: str) -> Path:
    """Write a set of one clip whose package is pinned to the given file."""
    directory = root / "set"
    directory.mkdir()
    row = {
        "audio_filepath": "audio/hello.wav",
        "sha256": clip_sha256,
        "source": "tiny-sounds=1-1:sounds/hello.wav",
    }
    pin = {"version": "1-1", "sha256": hashlib.sha256(deb.read_bytes()).hexdigest()}
    (directory / "manifest.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (directory / "packages.json").write_text(json.dumps({"tiny-sounds": pin}), encoding="utf-8")
    (directory / "LICENCE.txt").write_text("do as you like\n", encoding="utf-8")
    return directory


def test_assembling_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    deb = tiny_deb(tmp_path, b"a sound")
    source = tiny_set(tmp_path, deb, hashlib.sha256(b"a sound").hexdigest())
    seen = []
    for _ in range(2):
        assemble.assemble(source, tmp_path / "out", deb.parent, no_progress)
        files = sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
        seen.append({path.name: path.read_bytes() for path in files})
    assert seen[0] == seen[1]
    assert seen[0]["LICENCE.txt"].startswith(b"do as you like\n")
    assert seen[0]["hello.wav"] == b"a sound"


def test_tampered_clip_is_refused_by_name(tmp_path: Path) -> None:
    deb = tiny_deb(tmp_path, b"another sound")
    expected, found = (hashlib.sha256(data).hexdigest() for data in (b"a sound", b"another sound"))
    source = tiny_set(tmp_path, deb, expected)
    with pytest.raises(DigestError, match=f"audio/hello.wav .*is {found}, expected {expected}"):
        assemble.assemble(source, tmp_path / "out", deb.parent, no_progress)
    assert not (tmp_path / "out").exists()


def test_tampered_package_is_refused_by_name(tmp_path: Path) -> None:
    deb = tiny_deb(tmp_path, b"a sound")
    source = tiny_set(tmp_path, deb, hashlib.sha256(b"a sound").hexdigest())
    deb.write_bytes(deb.read_bytes() + b"\n")
    with pytest.raises(DigestError, match=r"tiny-sounds_1-1_all\.deb: SHA-256 is"):
        assemble.assemble(source, tmp_path / "out", deb.parent, no_progress)


def test_clip_missing_from_its_package_is_refused_by_name(tmp_path: Path) -> None:
    deb = tiny_deb(tmp_path, b"a sound")
    with pytest.raises(ManifestError, match=r"holds no file sounds/bye\.wav"):
        read_members(deb, ["sounds/bye.wav"])


def test_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(AssembleError, match="is not empty and holds no golden set"):
        assemble.assemble(assemble.SET_DIR, tmp_path, tmp_path / "cache", no_progress)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"audio_filepath": "../up.wav", "sha256": "", "source": "p=1:x"}, "audio_filepath must be"),
        ({"audio_filepath": "audio/a.wav", "sha256": "", "source": "p:x"}, "source must be"),
        ({"audio_filepath": "audio/a.wav"}, "needs JSON with audio_filepath, sha256 and source"),
    ],
)
def test_unusable_manifest_line_is_named(tmp_path: Path, row: dict[str, str], message: str) -> None:
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(ManifestError, match=f"manifest.jsonl:1: .*{message}"):
        assemble.read_clips(manifest)


def test_output_directory_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        assemble.main([])
    assert "--out" in capsys.readouterr().err
