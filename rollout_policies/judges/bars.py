"""The bars that were set before anything was built, and whether the tallies meet them; pure.

A bar on errors is met by the 95 % upper limit of the worst kind of release, not by what was counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rollout_policies.judges.compare import OURS
from rollout_policies.tally import Share, Tally

MOST_ERROR = 0.01
LEAST_PROMOTED = 0.8
SPEED_UP = 3.0
HARMLESS_POINTS = 0.2
CAUGHT_POINTS = 2.0


@dataclass(frozen=True)
class Bar:
    """A bar in words, its limit, what was found, and whether that meets it."""

    words: str
    limit: str
    found: str
    met: bool


def bars(tallies: Sequence[Tally], margin_points: float) -> list[Bar]:
    """Return every bar on word errors, met or not."""
    ours = [t for t in tallies if t.judge == OURS]
    return [
        _errors("false abort, of the set", ours, lambda t: t.falsely_aborted),
        _errors("false promotion, of the set", ours, lambda t: t.falsely_promoted),
        _errors(
            f"promoted though {margin_points + 1:g} points worse or more on such speech",
            [t for t in ours if t.points >= margin_points + 1],
            lambda t: t.promoted,
        ),
        _promoted([t for t in ours if 0 <= t.points <= HARMLESS_POINTS]),
        *_speed_ups([t for t in tallies if t.points == CAUGHT_POINTS]),
    ]


def time_bars(tallies: Sequence[Tally]) -> list[Bar]:
    """Return every bar on inference times: the errors alone."""
    ours = [t for t in tallies if t.judge == OURS]
    return [
        _errors("latency: false abort, of the set", ours, lambda t: t.falsely_aborted),
        _errors("latency: false promotion, of the set", ours, lambda t: t.falsely_promoted),
    ]


def _errors(words: str, tallies: Sequence[Tally], share: Callable[[Tally], Share]) -> Bar:
    # Of a kind that has next to no release on this side of the margin nothing can be said.
    rows = [t for t in tallies if share(t).of * 10 >= t.aborted.of]
    worst = max(rows, key=lambda t: share(t).at_most)
    found = share(worst)
    said = f"{found.share:.2%}, at most {found.at_most:.2%} ({worst.change}, {found.count} of {found.of})"
    return Bar(words, f"≤ {MOST_ERROR:.0%}", said, found.at_most <= MOST_ERROR)


def _promoted(tallies: Sequence[Tally]) -> Bar:
    worst = min(tallies, key=lambda t: t.promoted.share)
    said = f"{worst.promoted.share:.1%} ({worst.change})"
    words = f"harmless changes (up to +{HARMLESS_POINTS:g} points) promoted without a person"
    return Bar(words, f"≥ {LEAST_PROMOTED:.0%}", said, worst.promoted.share >= LEAST_PROMOTED)


def _speed_ups(tallies: Sequence[Tally]) -> list[Bar]:
    ours = next(t for t in tallies if t.judge == OURS)
    return [
        Bar(
            f"median clips to catch +{CAUGHT_POINTS:g} points, over those of {peer.judge}",
            "≤ 1/3",
            f"{clips(ours.median_to_abort)} of {clips(peer.median_to_abort)}",
            ours.median_to_abort is not None
            and (peer.median_to_abort is None or SPEED_UP * ours.median_to_abort <= peer.median_to_abort),
        )
        for peer in tallies
        if peer.judge != OURS
    ]


def clips(number: int | None) -> str:
    """Say a number of clips; never is never."""
    return "never" if number is None else str(number)
