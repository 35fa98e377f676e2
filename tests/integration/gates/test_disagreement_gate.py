"""What the disagreement gate makes of live pairs, asked of a real Prometheus."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.integration.gates.evidence import Series, flat

MARGIN = 0.1


@dataclass(frozen=True)
class Live:
    """The referee's gauges of live pairs now."""

    lower: float = 0.0
    upper: float = 0.05
    pairs: int = 150
    last_pair_age: float = 3
    candidate: str = "bbb"

    def series(self) -> list[Series]:
        identity = {
            **{"namespace": "{namespace}", "rollout": "asr", "revision": "2", "stable": "aaa"},
            **{"candidate": self.candidate, "golden_digest": "d1"},
        }
        last = flat("referee_last_live_pair_timestamp_seconds", identity, self.last_pair_age)
        return [
            flat("referee_disagreement_lower", identity, self.lower),
            flat("referee_disagreement_upper", identity, self.upper),
            flat("referee_live_pairs", identity, self.pairs),
            replace(last, values_are_ages=True),
        ]


CASES: list[tuple[str, list[Live], str]] = [
    ("alike", [Live()], "Successful"),
    ("exactly at the margin", [Live(upper=0.1)], "Successful"),
    ("apart", [Live(lower=0.2, upper=0.4)], "Failed"),
    ("not decided yet", [Live(lower=0.05, upper=0.2)], "Inconclusive"),
    ("alike, of too few", [Live(pairs=99)], "Inconclusive"),
    ("apart, of too few", [Live(lower=0.2, upper=0.9, pairs=99)], "Inconclusive"),
    ("nobody has spoken for two minutes", [Live(last_pair_age=121)], "Inconclusive"),
    ("of another candidate", [Live(candidate="ccc")], "Inconclusive"),
    ("bounds are NaN", [Live(lower=math.nan, upper=math.nan)], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]


@pytest.mark.parametrize(("live", "verdict"), [pytest.param(live, v, id=i) for i, live, v in CASES])
def test_live_pairs_are_judged(judge: Callable[..., str], live: list[Live], verdict: str) -> None:
    series = [one for each in live for one in each.series()]
    assert judge("disagreement", series, margin=MARGIN, min_pairs=100) == verdict
