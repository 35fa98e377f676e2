"""Draws a demonstration over time: weights, the golden walk's bounds with their margins, users' latency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # draws to a file; no display is asked for

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from demo.timeline import Moment, ShippedRelease, Timeline
from demo.user_load import UserRequest
from demo.words import POINTS

BANDS = {"promoted": "#d8efd3", "rolled back": "#f8dcd6", "paused": "#fdf1c7"}
DOTS = {"promoted": "#1a7a1a", "rolled back": "#d62728", "paused": "#b8860b"}
BLUE = "#1f77b4"
HIGHEST_POINTS, LOWEST_POINTS = 20.0, -10.0
HIGHEST_FACTOR = 5.0


def draw(
    timeline: Timeline,
    requests: Sequence[UserRequest],
    *,
    accuracy_margin: float,
    latency_margin: float,
    to: Path,
) -> None:
    """Write the picture; margins as the gates take them (0.01 is one point, 1.25 a quarter slower)."""
    figure, panels = plt.subplots(4, 1, figsize=(12, 13), sharex=True, layout="constrained")
    weights, words, factor, users = panels
    for panel in panels:
        _draw_bands(panel, timeline)
        panel.grid(axis="y", alpha=0.3)
    _name_bands(weights, timeline)
    _draw_weights(weights, timeline)
    _draw_bounds(words, timeline, "word_errors", scale=POINTS, margin=accuracy_margin * POINTS)
    words.set_ylabel("word errors,\ncandidate - stable [points]")
    words.set_ylim(LOWEST_POINTS, HIGHEST_POINTS)
    _draw_bounds(factor, timeline, "latency", scale=1.0, margin=latency_margin)
    factor.set_ylabel("inference time,\ncandidate / stable")
    factor.set_ylim(0, HIGHEST_FACTOR)
    _draw_users(users, timeline, requests)
    users.set_xlim(left=0)
    users.set_xlabel("seconds since the first release was shipped")
    figure.suptitle(_title(timeline, requests))
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to, dpi=110)
    plt.close(figure)


def _title(timeline: Timeline, requests: Sequence[UserRequest]) -> str:
    failed = sum(request.failed for request in requests)
    return f"{len(timeline.shipped)} releases under load: {len(requests)} user requests, {failed} failed"


def _draw_bands(panel: Axes, timeline: Timeline) -> None:
    for release in timeline.shipped:
        start, end = release.began - timeline.began, release.ended - timeline.began
        panel.axvspan(start, end, color=BANDS[release.outcome.ending], zorder=0, linewidth=0)


def _name_bands(panel: Axes, timeline: Timeline) -> None:
    for release in timeline.shipped:
        middle = (release.began + release.ended) / 2 - timeline.began
        decided = f"\nby {release.outcome.gate}" if release.outcome.gate else "\nby all gates"
        words = f"{release.name}\n{release.outcome.ending}{decided}"
        where = panel.get_xaxis_transform()
        panel.text(middle, 1.03, words, ha="center", va="bottom", fontsize=9, transform=where)


def _draw_weights(panel: Axes, timeline: Timeline) -> None:
    times = [moment.t - timeline.began for moment in timeline.moments]
    weights = [_users_of_candidate(moment, timeline.shipped) for moment in timeline.moments]
    panel.step(times, weights, where="post", color="black")
    panel.set_ylabel("users given to\nthe candidate [%]")
    panel.set_ylim(-3, 103)


def _users_of_candidate(moment: Moment, shipped: Sequence[ShippedRelease]) -> int:
    # Once promoted it is the stable version, and all users are its own.
    promoted = {release.candidate for release in shipped if release.outcome.ending == "promoted"}
    return 100 if moment.state.settled and moment.state.stable in promoted else moment.state.weight


def _draw_bounds(panel: Axes, timeline: Timeline, measure: str, *, scale: float, margin: float) -> None:
    for moments in _by_release(timeline):
        seen = [(m.t - timeline.began, b) for m in moments for b in m.bounds if b.measure == measure]
        times = [t for t, _ in seen]
        lower, upper = ([b.lower * scale for _, b in seen], [b.upper * scale for _, b in seen])
        panel.fill_between(times, lower, upper, alpha=0.35, color=BLUE, linewidth=1)
        panel.plot(times, lower, color=BLUE, linewidth=1)
        panel.plot(times, upper, color=BLUE, linewidth=1)
    panel.axhline(margin, color="#d62728", linestyle="--", label=f"margin {margin:g}")
    panel.legend(loc="upper left")


def _by_release(timeline: Timeline) -> Iterator[list[Moment]]:
    for name in dict.fromkeys(moment.release for moment in timeline.moments):
        yield [moment for moment in timeline.moments if moment.release == name]


def _draw_users(panel: Axes, timeline: Timeline, requests: Sequence[UserRequest]) -> None:
    shipped = {release.candidate: release for release in timeline.shipped}
    for pod in dict.fromkeys(request.pod for request in requests if not request.failed):
        own = [request for request in requests if request.pod == pod and not request.failed]
        release = shipped.get(pod)
        label = f"{release.name if release else 'stable'} ({len(own)})"
        colour = DOTS[release.outcome.ending] if release else BLUE
        panel.plot(*_latencies(timeline, own), ".", markersize=3, color=colour, label=label)
    failed = [request for request in requests if request.failed]
    if failed:
        panel.plot(*_latencies(timeline, failed), "x", color="black", label=f"failed ({len(failed)})")
    panel.set_yscale("log")
    panel.set_ylabel("users' latency [s]")
    if requests:
        panel.legend(loc="upper left", markerscale=3, ncols=4)


def _latencies(timeline: Timeline, requests: Sequence[UserRequest]) -> tuple[list[float], list[float]]:
    return [one.t - timeline.began for one in requests], [one.latency_seconds for one in requests]
