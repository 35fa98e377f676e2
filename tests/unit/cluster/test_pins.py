"""The table of pins: what it refuses, and that it agrees with the modules that are built."""

from __future__ import annotations

import re

import pytest

from cluster import paths, pins
from cluster.errors import PinsError
from cluster.programs import PROGRAMS

COMPONENT = (
    '[helm]\npublished = "docker.io/alpine/helm:4.3.0"\nmodule = "helm.sh/helm/v4"\nversion = "v4.3.1"\n'
)


def test_component_has_an_image_and_a_module() -> None:
    pin = pins.parse(COMPONENT)["helm"]
    assert (pin.published, pin.module) == ("docker.io/alpine/helm:4.3.0", "helm.sh/helm/v4")


def test_missing_version_is_refused_by_name() -> None:
    with pytest.raises(PinsError, match="'helm' must have exactly the fields published, module, version"):
        pins.parse(COMPONENT.replace("version", "revision"))


@pytest.mark.parametrize("image", ["docker.io/alpine/helm", "docker.io/alpine/helm:latest", "host:5000/helm"])
def test_published_image_without_a_fixed_tag_is_refused(image: str) -> None:
    with pytest.raises(PinsError, match="must name a tag"):
        pins.parse(COMPONENT.replace("docker.io/alpine/helm:4.3.0", image))


def test_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(PinsError, match="not TOML"):
        pins.parse("[helm")


def test_pins_agree_with_the_wrapper_modules() -> None:
    table = pins.load()
    for program in PROGRAMS:
        if program.pin is None:
            continue
        pin = table[program.pin]
        required = (paths.from_source_dir() / "go" / program.wrapper / "go.mod").read_text(encoding="utf-8")
        assert re.search(
            rf"^(require )?\s*{re.escape(pin.module)} {re.escape(pin.version)}$", required, re.M
        ), f"images/from-source/go/{program.wrapper}/go.mod does not require {pin.module} {pin.version}"


def test_every_program_is_pinned_or_ours() -> None:
    unpinned = {program.name for program in PROGRAMS if program.pin is None}
    assert unpinned == {"pause"}
