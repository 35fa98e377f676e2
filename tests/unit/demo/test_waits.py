"""Waits have a name and an end."""

from __future__ import annotations

import pytest

from demo.errors import WaitTimeout
from demo.waits import wait_for


def test_wait_returns_what_was_found() -> None:
    looks = iter([None, None, "found"])
    assert wait_for("something", lambda: next(looks), seconds=5, poll_seconds=0) == "found"


def test_wait_that_ends_tells_what_was_waited_for_and_what_was_seen() -> None:
    with pytest.raises(WaitTimeout, match="not within 0 s: the rollout settles; last seen: Progressing"):
        wait_for("the rollout settles", lambda: None, seconds=0, last_seen=lambda: "Progressing")
