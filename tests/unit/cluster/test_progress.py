"""Progress lines go to standard error, so that commands can print results on standard output."""

from __future__ import annotations

import pytest

from cluster.progress import step


def test_step_says_that_it_started_and_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with step("baking"):
        pass
    printed = capsys.readouterr()
    assert "baking …" in printed.err
    assert "baking: done in 0 s" in printed.err
    assert printed.out == ""


def test_step_that_raises_says_that_it_failed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="burnt"), step("baking"):
        raise ValueError("burnt")
    assert "baking: FAILED after 0 s" in capsys.readouterr().err
