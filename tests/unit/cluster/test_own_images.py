"""Which files decide an own image's tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.errors import InputError
from cluster.own_images import Variant, build_arguments, inputs

DOCKERFILE = """\
ARG BASE_IMAGE=python:3.13-slim-trixie
FROM ${BASE_IMAGE} AS build
RUN --mount=type=bind,source=locks/server.txt,target=/lock \\
    pip install -r /lock
COPY server ./server
FROM ${BASE_IMAGE}
COPY --from=build /venv /venv
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    for name in ("locks/server.txt", "server/a.py", "server/__pycache__/a.pyc", "unrelated.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="ascii")
    return tmp_path


def test_copied_folders_and_bind_mounts_are_inputs(context: Path) -> None:
    found = [file.relative_to(context).as_posix() for file in inputs(DOCKERFILE, context)]
    assert found == ["locks/server.txt", "server/a.py"]


def test_copy_of_what_is_not_there_is_refused(context: Path) -> None:
    with pytest.raises(InputError, match="copies 'absent'"):
        inputs("COPY absent /x", context)


def test_argument_that_the_dockerfile_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="no argument 'ENGINE'; it has BASE_IMAGE"):
        build_arguments(DOCKERFILE, {}, Variant((("ENGINE", "torch"),)))


def test_variant_is_told_in_the_tag() -> None:
    assert Variant((("ENGINE", "torch"),), "test").words == ["torch", "test"]
    assert Variant().words == []
