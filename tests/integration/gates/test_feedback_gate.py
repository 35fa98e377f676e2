"""What the feedback gate makes of users' feedback as the referee counts it, asked of a real Prometheus."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.integration.gates.evidence import Series, flat


@dataclass(frozen=True)
class Side:
    """The referee's counts of one version now; what is not accepted is spread over its three actions."""

    serving: str
    accepted: float
    refused: float
    last_age: float = 30
    until: float = 0
    candidate: str = "bbb"
    revision: str = "2"

    def series(self) -> list[Series]:
        labels = {
            **{"namespace": "{namespace}", "rollout": "asr", "revision": self.revision},
            **{"stable": "aaa", "candidate": self.candidate, "serving": self.serving},
        }
        by_action = {"accepted": self.accepted, "corrected": self.refused - 2 * (self.refused // 3)}
        by_action |= dict.fromkeys(("redone", "typed"), self.refused // 3)
        last = flat("referee_last_feedback_timestamp_seconds", labels, self.last_age, until=self.until)
        return [
            *(
                flat("referee_feedback_total", {**labels, "action": action}, count, until=self.until)
                for action, count in by_action.items()
            ),
            replace(last, values_are_ages=True),
        ]


def told_twice(side: Side) -> list[Side]:
    """The same requests under two revisions: a candidate that is shipped again has another."""
    return [side, replace(side, revision="3")]


# 100 of 500 not accepted: at most (sqrt(101) + 0.82)^2 / 500 = 23.6 %, so the candidate may have 28.6 %.
STABLE = Side("aaa", 400, 100)
CASES: list[tuple[str, list[Side], str]] = [
    ("as stable", [STABLE, Side("bbb", 80, 20)], "Successful"),
    ("all accepted", [STABLE, Side("bbb", 100, 0)], "Successful"),
    # (sqrt(37) - 0.82)^2 / 100 = 27.7 %
    ("more, without proof", [STABLE, Side("bbb", 63, 37)], "Successful"),
    # (sqrt(39) - 0.82)^2 / 100 = 29.4 %
    ("more, proven", [STABLE, Side("bbb", 61, 39)], "Failed"),
    ("nothing accepted", [STABLE, Side("bbb", 0, 50)], "Failed"),
    ("too little of the candidate", [STABLE, Side("bbb", 0, 49)], "Inconclusive"),
    ("too little of stable", [Side("aaa", 49, 0), Side("bbb", 0, 100)], "Inconclusive"),
    ("none of stable", [Side("bbb", 100, 0)], "Inconclusive"),
    ("none of the candidate", [STABLE], "Inconclusive"),
    ("counted from nothing", [STABLE, Side("bbb", 0, 0)], "Inconclusive"),
    ("the candidate's last is ten minutes old", [STABLE, Side("bbb", 100, 0, last_age=601)], "Inconclusive"),
    ("stable's last is old", [replace(STABLE, last_age=3600), Side("bbb", 100, 0)], "Successful"),
    ("counts are NaN", [STABLE, Side("bbb", math.nan, math.nan)], "Inconclusive"),
    ("referee gone for six minutes", [STABLE, Side("bbb", 100, 0, until=360)], "Inconclusive"),
    (
        "told of twice, without proof",
        [*told_twice(STABLE), *told_twice(Side("bbb", 63, 37))],
        "Successful",
    ),
    ("told of twice, too little", [*told_twice(STABLE), *told_twice(Side("bbb", 0, 49))], "Inconclusive"),
    (
        "the newer revision tells more",
        [STABLE, Side("bbb", 0, 49), Side("bbb", 0, 50, revision="3")],
        "Failed",
    ),
    ("of another release", [STABLE, Side("bbb", 0, 100, candidate="ccc")], "Inconclusive"),
    ("nothing is there", [], "Inconclusive"),
]


@pytest.mark.parametrize(("sides", "verdict"), [pytest.param(sides, v, id=i) for i, sides, v in CASES])
def test_feedback_is_judged(judge: Callable[..., str], sides: list[Side], verdict: str) -> None:
    series = [one for side in sides for one in side.series()]
    assert judge("feedback", series, max_excess=0.05, min_feedback=50) == verdict
