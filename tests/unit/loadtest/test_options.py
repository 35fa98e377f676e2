"""What a load refuses before it sends anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadtest.errors import OptionError
from loadtest.options import LoadOptions


def options(**changed: Any) -> LoadOptions:
    return LoadOptions(**{"url": "http://127.0.0.1:30080", "audio": Path("clips"), **changed})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "https://127.0.0.1"}, "url must be http://"),
        ({"url": "file:///etc/passwd"}, "url must be http://"),
        ({"url": "127.0.0.1:8080"}, "url must be http://"),
        ({"url": "http://127.0.0.1/v1"}, "no path"),
        ({"traffic": "golden"}, "traffic must be one of user, load, not 'golden'"),
        ({"path": "v1/models"}, "path must start with /"),
        ({"rate": 0.0}, "rate must be above 0 and at most 500"),
        ({"rate": 501.0}, "not 501"),
        ({"duration_seconds": 14401.0}, "at most 14400 seconds"),
        ({"rate": 500.0, "timeout_seconds": 60.0}, "at most 10000 requests in flight, not 30001"),
    ],
)
def test_wrong_option_is_refused_by_name(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        options(**changed)


def test_pool_holds_all_that_can_be_in_flight() -> None:
    assert options(rate=3.0, timeout_seconds=30.0).max_in_flight == 91


def test_slash_at_the_end_of_the_url_is_dropped() -> None:
    assert options(url="http://127.0.0.1:30080/").base_url == "http://127.0.0.1:30080"
