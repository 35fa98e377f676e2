"""The bars that were set before anything was built, as a table, and whether medians meet them; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.arithmetic import Spread
from bench.subjects import OURS, OURS_BARE, OURS_ONE
from bench.summary import Summary

WHISPER = "whisper"


@dataclass(frozen=True)
class Bar:
    """A measure of a subject and its limit; a measure without one is only named."""

    words: str
    subject: str
    measure: str
    at_least: float | None = None
    at_most: float | None = None

    def verdict(self, found: Spread | None) -> str:
        """`met`, `not met`, `not measured`, or `named`; the median decides."""
        if found is None:
            return "not measured"
        if self.at_least is not None:
            return "met" if found.median >= self.at_least else "not met"
        if self.at_most is not None:
            return "met" if found.median <= self.at_most else "not met"
        return "named"

    @property
    def limit(self) -> str:
        """The limit in words."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "-" if self.at_most is None else f"≤ {self.at_most:g}"


def _overload(factor: str) -> tuple[Bar, ...]:
    def bar(words: str, measure: str, at_least: float | None = None, at_most: float | None = None) -> Bar:
        return Bar(f"{factor} overload: {words}", OURS, f"{measure}@{factor}", at_least, at_most)

    return (
        bar("goodput, of saturation", "goodput", at_least=0.95),
        bar("p99 of the answered [s]", "answered_p99", at_most=0.5),
        bar("p99 of refusals [s]", "refused_p99", at_most=0.02),
        bar("p99 of ready [s]", "ready_p99", at_most=0.05),
        bar("normal service again after [s]", "recovery", at_most=1.0),
        bar("errors but 503", "failed", at_most=0.0),
        bar("answered after 10 s or never", "over", at_most=0.0),
        # A queue in use and the allocator's arenas; what leaks grows with each of thousands of requests.
        bar("memory growth, PSS [MB]", "memory_growth_mb", at_most=30.0),
    )


BARS = (
    Bar("saturation, of the bare engine's two threads, stages off", OURS_BARE, "saturation", at_least=1.05),
    Bar("saturation, all stages", OURS, "saturation"),
    Bar("overhead over the engine, p50, stages off [ms]", OURS_BARE, "overhead_ms", at_most=2.0),
    Bar("overhead over the engine, p50, all stages [ms]", OURS, "overhead_ms"),
    *_overload("2x"),
    *_overload("5x"),
    Bar("process start to ready, 1 engine process [s]", OURS_ONE, "start_seconds", at_most=3.0),
    Bar("idle memory, 1 engine process, PSS [MB]", OURS_ONE, "idle_pss_mb", at_most=350.0),
    Bar("idle memory, 1 engine process, RSS [MB]", OURS_ONE, "idle_rss_mb"),
    Bar("Whisper: speed over faster-whisper's own loop", WHISPER, "speed_over_faster_whisper"),
)


@dataclass(frozen=True)
class Judged:
    """A bar, what was found, and the verdict."""

    bar: Bar
    found: Spread | None
    verdict: str


def judge(summary: Summary, bars: Sequence[Bar] = BARS) -> list[Judged]:
    """Every bar in order; none is left out, whatever was measured."""
    judged = []
    for bar in bars:
        found = summary.get(bar.subject, {}).get(bar.measure)
        judged.append(Judged(bar, found, bar.verdict(found)))
    return judged
