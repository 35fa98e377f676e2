"""Wrong values are refused by a sentence that names the value and what is allowed: refusals.yaml."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

MISTAKES = yaml.safe_load(Path(__file__).with_name("refusals.yaml").read_text())


@pytest.mark.parametrize(
    ("chart", "values", "sentence"),
    [
        pytest.param(chart, row["values"], row["sentence"], id=f"{chart}-{row['mistake']}")
        for chart, rows in MISTAKES.items()
        for row in rows
    ],
)
def test_a_mistake_is_refused_by_name(
    refusal: Callable[..., str], chart: str, values: dict[str, Any], sentence: str
) -> None:
    assert sentence in refusal(chart, values)
