"""What the server says of itself is true."""

import tomllib
from pathlib import Path

from model_server.open_inference.metadata import VERSION

PROJECT = Path(__file__).parents[4] / "pyproject.toml"


def test_version_is_the_projects():
    assert tomllib.loads(PROJECT.read_text())["project"]["version"] == VERSION
