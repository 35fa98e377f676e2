"""The releases that are shipped, and the images they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from demo.charts import images_of, repository_and_tag
from demo.errors import Unprepared
from demo.releases import RELEASES, STABLE, VALUES, Release


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_release_changes_something(release: Release) -> None:
    assert yaml.safe_load(release.values.read_text())


@pytest.mark.parametrize("values", sorted(VALUES.glob("*.yaml")), ids=lambda values: values.stem)
def test_values_file_opens_with_what_it_demonstrates(values: Path) -> None:
    assert values.read_text(encoding="utf-8").startswith("# This release demonstrates a ")


def test_stable_release_has_no_faults() -> None:
    assert "faults" not in yaml.safe_load(STABLE.read_text())


def test_image_is_split_at_its_tag() -> None:
    assert repository_and_tag("serinus/referee:abc") == ("serinus/referee", "abc")
    assert repository_and_tag("localhost:5000/referee:abc") == ("localhost:5000/referee", "abc")


@pytest.mark.parametrize("image", ["serinus/referee", "localhost:5000/referee", ""])
def test_image_without_a_tag_is_refused(image: str) -> None:
    with pytest.raises(Unprepared, match="repository:tag"):
        repository_and_tag(image)


def test_missing_image_is_named() -> None:
    with pytest.raises(Unprepared, match="'model-server'"):
        images_of({"referee": "serinus/referee:abc"})
