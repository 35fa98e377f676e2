"""A small set as a ConfigMap: what a volume of it holds, and every set that cannot be one."""

import base64
from pathlib import Path

import numpy as np
import pytest
import yaml

from rollout_policies.__main__ import main
from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.configmap import configmap
from rollout_policies.golden.manifest import read_golden_set
from rollout_policies.golden.sound import wav
from tests.unit.rollout_policies.golden.small_sets import clip, good, sound, write_set


def mounted(text: str, directory: Path) -> Path:
    """Write the files that a volume of the ConfigMap shows."""
    found = yaml.safe_load(text)
    directory.mkdir()
    for key, value in found["data"].items():
        (directory / key).write_text(value, encoding="utf-8")
    for key, value in found["binaryData"].items():
        (directory / key).write_bytes(base64.b64decode(value))
    return directory


def test_what_is_mounted_is_a_set_with_its_clips_beside_the_manifest(tmp_path: Path) -> None:
    source = write_set(tmp_path / "set", good("a"), good("b", "caf\u00e9 \x7f \u2028 open", 550))
    golden = read_golden_set("small", mounted(configmap(source, "small"), tmp_path / "mounted"))
    assert [c.name for c in golden.clips] == ["a.wav", "b.wav"]
    assert [c.reference for c in golden.clips] == [c.reference for c in read_golden_set("s", source).clips]


def test_it_cannot_change_under_a_walk(tmp_path: Path) -> None:
    found = yaml.safe_load(configmap(write_set(tmp_path / "set", good("a")), "small.set"))
    assert (found["kind"], found["metadata"], found["immutable"]) == (
        "ConfigMap",
        {"name": "small.set"},
        True,
    )


def test_the_licence_goes_along(tmp_path: Path) -> None:
    source = write_set(tmp_path / "set", good("a"))
    (source / "LICENCE.txt").write_text("free")
    (source / "not a key").write_text("-")
    assert sorted(yaml.safe_load(configmap(source, "small"))["binaryData"]) == ["LICENCE.txt", "a.wav"]


def test_clips_of_one_name_in_two_folders_keep_both(tmp_path: Path) -> None:
    source = tmp_path / "set"
    (source / "calls").mkdir(parents=True)
    other = good("a", "thank you", 550)
    write_set(source, good("a"), (other[0] | {"audio_filepath": "calls/a.wav"}, other[1]))
    assert sorted(yaml.safe_load(configmap(source, "small"))["binaryData"]) == ["audio-a.wav", "calls-a.wav"]


def test_a_set_over_the_limit_is_refused_with_both_sizes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_set(tmp_path / "set", clip("long", "please hold", wav(sound(np.zeros(600_000)))))
    size = 44 + 1_200_000
    assert main(["golden", "configmap", str(source), "--name", "small"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"has {size + _manifest_bytes(source)} bytes; a ConfigMap holds at most 1048576" in said.err


def _manifest_bytes(source: Path) -> int:
    return len((source / "manifest.jsonl").read_bytes()) - len("audio/")


def test_a_set_just_at_the_limit_is_taken_and_one_byte_more_is_not(tmp_path: Path) -> None:
    source = write_set(tmp_path / "set", good("a"))
    values = yaml.safe_load(configmap(source, "small"))
    size = sum(map(len, values["data"].values())) + (source / "audio" / "a.wav").stat().st_size
    (source / "LICENCE.txt").write_bytes(bytes((1 << 20) - size))
    configmap(source, "small")
    (source / "LICENCE.txt").write_bytes(bytes((1 << 20) - size + 1))
    with pytest.raises(GoldenSetError, match="has 1048577 bytes"):
        configmap(source, "small")


@pytest.mark.parametrize("name", ["", "Small", "-small", "small/set", "a" * 254])
def test_a_name_that_kubernetes_refuses_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GoldenSetError, match="--name must be of a-z"):
        configmap(write_set(tmp_path / "set", good("a")), name)


@pytest.mark.parametrize("name", ["please hold", "..a"])
def test_a_clip_whose_name_is_no_key_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GoldenSetError, match="cannot be a ConfigMap's key"):
        configmap(write_set(tmp_path / "set", good(name)), "small")
