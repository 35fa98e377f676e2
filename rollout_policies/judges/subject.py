"""What judges can judge: word errors or inference times, each with its kinds of release, margin and peers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from rollout_policies.judges.peers import (
    Judge,
    Running,
    kayenta_by_clip,
    kayenta_by_look,
    rounded,
    running_difference,
    running_p95_factor,
)
from rollout_policies.latency_factor import scores
from rollout_policies.recorded_errors import Change, Recorded, Releases, draw_releases, least_harmful
from rollout_policies.recorded_times import RecordedTimes, Slowdown, draw_timed, set_factor
from rollout_policies.simulated_walks import Policy

# Points of WER; 1.2 is just above the default margin, where a false promotion is likeliest.
POINTS = (0.0, 0.2, 0.5, 1.0, 1.2, 2.0, 5.0)
# As many times as long; 1.3 is just above the default margin. Clips of four seconds and more have half of the
# words of asterisk-en.
SLOWDOWNS = (
    *(Slowdown(factor) for factor in (1.0, 1.05, 1.2, 1.3, 1.5)),
    Slowdown(3.0, from_seconds=4.0),
    *(Slowdown(factor, "crowded") for factor in (1.0, 1.2, 1.5)),
)
# Kayenta's ranks are counted in a table by value: times are rounded to so many ms.
RANKED_MS = 20.0

# Draws so many releases on sets of so many clips.
Draw = Callable[[int, int, np.random.Generator], Releases]


@dataclass(frozen=True)
class Kind:
    """A kind of release: how much worse it is (points or a factor), whether peers are tuned on it where it is
    within the margin, and how it is drawn."""

    name: str
    size: float
    made: bool
    draw: Draw


@dataclass(frozen=True)
class Subject:
    """What is judged. `bet_on` makes of releases those whose parts a walk bounds against the policy's margin
    per word; `margin` is the same in the kinds' sizes, which `say` writes; a peer's threshold for `running`
    is written by `say_threshold`."""

    heading: str
    kinds: tuple[Kind, ...]
    policy: Policy
    margin: float
    bet_on: Callable[[Releases], Releases]
    kayentas: Mapping[str, Judge]
    running: Running
    first_clips: tuple[int, ...]
    threshold: str
    say: Callable[[float], str]
    say_threshold: Callable[[float], str]


def of_errors(recorded: Recorded, policy: Policy) -> Subject:
    """Word errors: by points, a harmless change that changes much, every recorded version."""
    harmless = least_harmful(recorded)
    others = [version for version in recorded.errors if version != recorded.stable]
    best = min(others, key=recorded.points)

    def kind(change: Change) -> Kind:
        size = recorded.points(change.name) if change.points is None else change.points
        return Kind(
            change.name,
            size,
            change.points is not None,
            lambda clips, count, rng: draw_releases(recorded, change, clips, count, rng),
        )

    return Subject(
        heading="points",
        kinds=(
            kind(Change("+0, another model", best, 0.0)),
            *(kind(Change(f"+{points:g}", harmless, points)) for points in POINTS),
            *(kind(Change(version, harmless)) for version in others),
        ),
        policy=policy,
        margin=100 * policy.margin,
        bet_on=lambda releases: releases,
        kayentas={"Kayenta, a point a clip": kayenta_by_clip, "Kayenta, a point a look": kayenta_by_look},
        running=running_difference,
        first_clips=(10, 50, 100, 200),
        threshold="threshold",
        say=lambda points: f"{points:+.2f}",
        say_threshold=lambda threshold: f"{100 * threshold:+.2f} points",
    )


def of_times(recorded: RecordedTimes, policy: Policy, margin: float) -> Subject:
    """Inference times: a walk bets on the scores of a factor at the margin, whose sum is above 0 where the
    set's factor is above it (latency_factor)."""

    def kind(slowdown: Slowdown) -> Kind:
        return Kind(
            slowdown.name,
            set_factor(recorded, slowdown),
            True,
            lambda clips, count, rng: draw_timed(recorded, slowdown, clips, count, rng),
        )

    def scored(releases: Releases) -> Releases:
        at_margin = scores(releases.candidate / releases.stable, float(np.log(margin)))
        return Releases(releases.words, np.zeros_like(at_margin), releases.words * at_margin)

    return Subject(
        heading="factor",
        kinds=tuple(kind(slowdown) for slowdown in SLOWDOWNS),
        policy=replace(policy, margin=0.0),
        margin=margin,
        bet_on=scored,
        kayentas={
            "Kayenta, a time a clip": rounded(kayenta_by_clip, RANKED_MS),
            "Kayenta, a time a look": rounded(kayenta_by_look, RANKED_MS),
        },
        running=running_p95_factor,
        first_clips=(50, 200),
        threshold="p95",
        say=lambda factor: f"x{factor:.2f}",
        say_threshold=lambda threshold: f"x{threshold:.2f}",
    )
