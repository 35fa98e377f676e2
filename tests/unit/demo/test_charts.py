"""What the demonstration makes of the images that it is told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import charts
from demo.errors import Unprepared


@pytest.mark.parametrize("content", [None, "", "{", "{}"], ids=["missing", "empty", "torn", "of no image"])
def test_list_of_images_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    monkeypatch.setattr(charts, "repository_root", lambda: tmp_path)
    if content is not None:
        (tmp_path / "build").mkdir()
        (tmp_path / "build" / "images.json").write_text(content)
    with pytest.raises(Unprepared, match=r"images\.json must "):
        charts.built_images()
