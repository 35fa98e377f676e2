"""What the gates of the golden walk make of the referee's gauges, asked of a real Prometheus."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from tests.integration.gates.evidence import Series, flat

# gate, measure, margin, and values clearly below, just below and above the margin
GATES = {
    "accuracy": SimpleNamespace(measure="word_errors", margin=0.01, far=-0.02, below=0.005, above=0.02),
    "paired-latency": SimpleNamespace(measure="latency", margin=1.25, far=0.8, below=1.1, above=1.4),
}


@dataclass(frozen=True)
class Walk:
    """A walk's gauges now; `until` is the age at which they ended, in seconds."""

    lower: str | float = "far"
    upper: str | float = "below"
    pairs: int = 120
    remaining: int = 200
    last_pair_age: float = 3
    until: float = 0
    candidate: str = "bbb"
    digest: str = "d1"
    measure: str | None = None


WALKS: list[tuple[str, list[Walk], str]] = [
    ("no worse", [Walk()], "Successful"),
    ("worse", [Walk(lower="above", upper="above")], "Failed"),
    ("exactly at the margin", [Walk(upper="margin")], "Successful"),
    ("not decided yet", [Walk(upper="above")], "Inconclusive"),
    ("no worse, of too few pairs", [Walk(pairs=49)], "Inconclusive"),
    ("no worse, of a small set walked to its end", [Walk(pairs=30, remaining=0)], "Successful"),
    ("not decided by a small set", [Walk(upper="above", pairs=30, remaining=0)], "Inconclusive"),
    ("worse, of few pairs", [Walk(lower="above", upper="above", pairs=49)], "Failed"),
    ("bounds are NaN", [Walk(lower=math.nan, upper=math.nan)], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
    ("walk stopped two minutes ago", [Walk(last_pair_age=121)], "Inconclusive"),
    ("worse, but the walk stopped", [Walk(lower="above", upper="above", last_pair_age=121)], "Inconclusive"),
    ("complete long ago", [Walk(remaining=0, last_pair_age=3600)], "Successful"),
    ("referee gone for six minutes", [Walk(until=360)], "Inconclusive"),
    ("of another candidate", [Walk(candidate="ccc")], "Inconclusive"),
    ("of another measure", [Walk(measure="disagreement")], "Inconclusive"),
    (
        "of two sets, one worse",
        [Walk(remaining=0), Walk(lower="above", upper="above", digest="d2")],
        "Failed",
    ),
]


def gauges(walk: Walk, gate: SimpleNamespace) -> list[Series]:
    identity = {
        **{"namespace": "{namespace}", "rollout": "asr", "revision": "2", "stable": "aaa"},
        **{"candidate": walk.candidate, "golden_digest": walk.digest},
    }
    measured = {**identity, "measure": walk.measure or gate.measure}

    def number(value: str | float) -> float:
        return float(getattr(gate, value)) if isinstance(value, str) else value

    last_pair = flat("referee_last_pair_timestamp_seconds", identity, walk.last_pair_age, until=walk.until)
    return [
        flat("referee_difference_lower", measured, number(walk.lower), until=walk.until),
        flat("referee_difference_upper", measured, number(walk.upper), until=walk.until),
        flat("referee_pairs", identity, walk.pairs, until=walk.until),
        flat("referee_pairs_remaining", identity, walk.remaining, until=walk.until),
        replace(last_pair, values_are_ages=True),
    ]


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize(("walks", "verdict"), [pytest.param(w, v, id=i) for i, w, v in WALKS])
def test_a_walk_is_judged(judge: Callable[..., str], gate: str, walks: list[Walk], verdict: str) -> None:
    series = [one for walk in walks for one in gauges(walk, GATES[gate])]
    assert judge(gate, series, margin=GATES[gate].margin, min_pairs=50) == verdict
