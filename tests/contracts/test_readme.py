"""README's tree and commands are true, here and in the charts' own pages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("charts/*/README.md"))]


def tree() -> list[str]:
    """Paths of the README's tree: the first column of its block."""
    (found,) = re.findall(r"^## The tree\n+```\n(.*?)^```", README, flags=re.M | re.S)
    paths = []
    for line in found.splitlines():
        words = re.split(r"\s{2,}", line.strip())[0].split()
        paths += words
    return paths


def test_every_path_of_the_tree_exists() -> None:
    missing = [path for path in tree() if not (ROOT / path).exists()]
    assert missing == []


def test_every_room_is_in_the_tree() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    named = {path.split("/")[0] for path in tree()}
    # What the Makefile calls and reads, and what it makes.
    assert rooms - named <= {"scripts", "locks", "build"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_named_exists(page: Path) -> None:
    named = set(re.findall(r"`make ([a-z0-9-]+)`|^make ([a-z0-9-]+)", page.read_text(), flags=re.M))
    assert {name for pair in named for name in pair if name} <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_linked_file_exists(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_makefile_has_at_most_thirteen_targets() -> None:
    assert len(TARGETS) <= 13
