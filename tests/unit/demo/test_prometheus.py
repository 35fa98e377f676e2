"""Reading the golden walk's bounds from Prometheus's answer."""

from __future__ import annotations

from typing import Any

import pytest

from demo.prometheus import Bounds, bounds_of


def answer(*series: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "data": {
            "result": [
                {
                    "metric": {"__name__": name, **({"measure": measure} if measure else {})},
                    "value": [1.0, value],
                }
                for name, measure, value in series
            ]
        }
    }


def test_bounds_come_by_measure_with_the_pairs_of_the_walk() -> None:
    found = bounds_of(
        answer(
            ("referee_difference_lower", "word_errors", "-0.01"),
            ("referee_difference_upper", "word_errors", "0.03"),
            ("referee_difference_lower", "latency", "0.9"),
            ("referee_difference_upper", "latency", "1.2"),
            ("referee_pairs", "", "57"),
        )
    )
    assert found == (Bounds("latency", 0.9, 1.2, 57), Bounds("word_errors", -0.01, 0.03, 57))


@pytest.mark.parametrize(
    "series",
    [
        (),
        (("referee_difference_lower", "latency", "0.9"),),
        (("referee_difference_lower", "latency", "0.9"), ("referee_difference_upper", "latency", "NaN")),
    ],
)
def test_half_a_pair_of_bounds_is_none(series: tuple[tuple[str, str, str], ...]) -> None:
    assert bounds_of(answer(*series)) == ()
