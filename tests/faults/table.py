"""Every fault with the ending expected of it, written before it was run; data alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.platform import (
    ARGO,
    GATEWAY,
    ISTIOD,
    PROMETHEUS,
    REFEREE,
    Part,
    gone,
    killed,
    pass_time,
    restarted,
)

Ending = Literal["promoted", "rolled back", "paused"]
Disturb = Callable[[], None]


@dataclass(frozen=True)
class Fault:
    """What is shipped, what is done to the platform once the gate `at` is at work, and how it should end.

    `gate` is who decides, "" where none does; `users` says whether anyone speaks. `lost` is how many users
    may fail by another than the candidate: only where the way to users itself is taken away; `stable_fails`
    says that stable's own answers fail too, as was shipped. Rows are run in their order against one release,
    so that what one promotes is stable in the next.
    """

    name: str
    ending: Ending
    gate: str = ""
    ship: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    disturb: Disturb | None = None
    users: bool = True
    lost: int = 0
    stable_fails: bool = False
    why: str = ""


def _away(part: Part, seconds: float) -> Disturb:
    def disturb() -> None:
        with gone(part):
            pass_time(f"{part.deployment} is away for {seconds:g} s", seconds)

    return disturb


# A file that is there in every namespace and is no catalogue: the predictor says so and exits.
BROKEN_CATALOGUE = {"search": {"configMap": "kube-root-ca.crt", "file": "ca.crt"}}
BROKEN_MODEL = {"model": {"image": "no-such-registry.invalid/model:1"}}
SOON = {"strategy": {"progressDeadlineSeconds": 130}}

FAULTS = (
    Fault(
        "prometheus away for 2 min in mid-gate",
        "promoted",
        at="errors",
        disturb=_away(PROMETHEUS, 120),
        why="a gate that cannot ask decides nothing and asks again",
    ),
    Fault(
        "referee killed in mid-walk",
        "promoted",
        at="accuracy",
        disturb=lambda: killed(REFEREE),
        why="another takes its place: it replays its volume, or without one walks anew",
    ),
    Fault(
        "referee away",
        "paused",
        "paired-latency",
        ship={"gates": {"pairedLatency": {"timeoutSeconds": 30}}},
        at="paired-latency",
        disturb=_away(REFEREE, 60),
        why="no number, no verdict: a person is asked",
    ),
    Fault(
        "Argo's controller restarted",
        "promoted",
        at="errors",
        disturb=lambda: killed(ARGO),
        why="its state is in the objects",
    ),
    Fault(
        "istiod away for 1 min",
        "promoted",
        at="errors",
        disturb=_away(ISTIOD, 60),
        why="the gateway goes on with the weights it has, and gets the new ones afterwards",
    ),
    Fault(
        "gateway restarted",
        "promoted",
        at="errors",
        disturb=lambda: restarted(GATEWAY),
        lost=10,
        why="one gateway pod on one node port: what it has in hand as it goes may be lost, no more",
    ),
    Fault(
        "candidate never ready",
        "rolled back",
        ship={**BROKEN_MODEL, **SOON},
        why="progressDeadlineSeconds, with progressDeadlineAbort",
    ),
    Fault(
        "candidate crash-loops",
        "rolled back",
        ship={**BROKEN_CATALOGUE, **SOON},
        why="it is never ready, and the deadline passes",
    ),
    Fault(
        "candidate out of memory as it loads",
        "rolled back",
        ship={"resources": {"requests": {"memory": "64Mi"}, "limits": {"memory": "64Mi"}}, **SOON},
        why="it crash-loops, is never ready, and the deadline passes",
    ),
    Fault(
        "candidate answers without words",
        "rolled back",
        "accuracy",
        ship={"faults": {"empty_ratio": 1}},
        why="every word of every clip is wrong",
    ),
    Fault(
        "candidate answers half of its users without words, golden clips well",
        "rolled back",
        "empty-transcripts",
        ship={"faults": {"empty_ratio": 0.5, "traffic": "user"}},
        why="its share of empty answers is proven above stable's",
    ),
    Fault(
        "candidate three times as slow on long clips only",
        "rolled back",
        "paired-latency",
        ship={
            "faults": {"inference_slowdown": 6, "slow_from_seconds": 4},
            "gates": {"pairedLatency": {"margin": 1.25, "minPairs": 50}},
        },
        why="clips are drawn by their words, so long ones weigh most",
    ),
    Fault(
        "nobody speaks",
        "paused",
        "errors",
        ship={"gates": {"errors": {"timeoutSeconds": 20}}},
        users=False,
        why="no evidence, no verdict",
    ),
    Fault(
        "users speak otherwise than golden clips, and the candidate hears only them worse",
        "promoted",
        ship={"faults": {"clip_gain_db": 12, "traffic": "user"}},
        why="no gate of a canary knows what they meant; a shadow's disagreement gate or feedback does",
    ),
    Fault(
        "candidate fails 1 % of users",
        "promoted",
        ship={"faults": {"error_ratio": 0.01, "traffic": "user"}},
        why="below gates.errors.maxRatio of these values (5 %)",
    ),
    Fault(
        "stable itself fails 1 % of users",
        "promoted",
        ship={"faults": {"error_ratio": 0, "traffic": "all"}},
        stable_fails=True,
        why="a candidate is judged by what it does",
    ),
)
