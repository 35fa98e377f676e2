"""The results as Markdown tables; every subject and bar has its row, measured or not."""

from collections.abc import Sequence

from bench.arithmetic import Spread
from bench.bars import Judged
from bench.clips import Clip
from bench.subjects import TITLES
from bench.summary import Summary

Column = tuple[str, str, str]  # heading, measure, format
STEADY: tuple[Column, ...] = (
    ("saturation, of bare 2 threads", "saturation", ".2f"),
    ("clips/s", "clips_a_second", ".1f"),
    ("bare 2 threads beside, clips/s", "bare_clips_a_second", ".1f"),
    ("overhead p50 [ms]", "overhead_ms", ".1f"),
    ("same text as bare", "same_text", ".2f"),
    ("start [s]", "start_seconds", ".1f"),
    ("idle PSS [MB]", "idle_pss_mb", ".0f"),
    ("load's own CPU [cores]", "client_cpu_share", ".2f"),
)


def overload_columns(factor: str) -> tuple[Column, ...]:
    """The columns of an overload by this factor, "2x"."""
    columns = (
        ("answered", "answered", ".0f"),
        ("refused", "refused", ".0f"),
        ("over 10 s", "over", ".0f"),
        ("failed", "failed", ".0f"),
        ("goodput, of saturation", "goodput", ".2f"),
        ("p50 [s]", "answered_p50", ".2f"),
        ("p99 [s]", "answered_p99", ".2f"),
        ("p99 of refusals [ms]", "refused_p99", "ms"),
        ("p99 of ready [ms]", "ready_p99", "ms"),
        ("ready within 1 s", "ready_within_1s", ".2f"),
        ("normal after [s]", "recovery", ".2f"),
        ("PSS after (growth) [MB]", "memory_after_mb", ".0f"),
        ("load's own CPU [cores]", "client_cpu_share", ".2f"),
    )
    return tuple((heading, f"{measure}@{factor}", form) for heading, measure, form in columns)


def report(
    summary: Summary,
    judged: Sequence[Judged],
    clips: Sequence[Clip],
    notes: Sequence[str],
    names: Sequence[str],
) -> str:
    """The whole page: tables, what was not run, the clips, and at its end every bar."""
    parts = ["# Benchmark", "## Unhurried", table(summary, names, STEADY)]
    for factor in ("2x", "5x"):
        columns = overload_columns(factor)
        heard = [name for name in names if columns[0][1] in summary.get(name, {})]
        if heard:
            parts += [f"## {factor} overload, open loop", table(summary, heard, columns)]
    parts += ["## Notes", "\n".join(f"- {note}" for note in notes) or "- none"]
    listed = ", ".join(f"{clip.name} ({clip.seconds:.1f} s)" for clip in clips)
    parts += ["Median [least-greatest] of the rounds.", f"Clips: {listed}."]
    parts += ["## Bars", bars_table(judged)]
    return "\n\n".join(parts) + "\n"


def table(summary: Summary, names: Sequence[str], columns: Sequence[Column]) -> str:
    """A row a subject; `-` where nothing was measured."""
    rows = [[heading for heading, _, _ in columns]]
    rows += [
        [show(summary.get(name, {}).get(measure), form) for _, measure, form in columns] for name in names
    ]
    titles = ["", *(TITLES.get(name, name) for name in names)]
    lines = ["| " + " | ".join([title, *row]) + " |" for title, row in zip(titles, rows, strict=True)]
    return "\n".join([lines[0], "|---" * (len(columns) + 1) + "|", *lines[1:]])


def bars_table(judged: Sequence[Judged]) -> str:
    """A row a bar, met or not."""
    lines = ["| bar | limit | median [least-greatest] | verdict |", "|---|---|---|---|"]
    for one in judged:
        lines.append(f"| {one.bar.words} | {one.bar.limit} | {show(one.found, '.3g')} | **{one.verdict}** |")
    return "\n".join(lines)


def show(found: Spread | None, form: str) -> str:
    """A spread in a cell; the form `ms` takes seconds."""
    if found is None:
        return "-"
    numbers = [found.median, found.lowest, found.highest]
    if form == "ms":
        numbers, form = [number * 1e3 for number in numbers], ".1f"
    median, lowest, highest = (format(number, form) for number in numbers)
    return median if found.rounds == 1 else f"{median} [{lowest}-{highest}]"
