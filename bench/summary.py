"""Raw results to one number a subject, measure and round, and those to medians; pure.

Ratios are taken against the bare engine's two threads in the slices between: what the machine did meanwhile
divides out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from bench.accounting import RECOVERY_LIMIT_SECONDS, Sent, account, recovery_seconds
from bench.arithmetic import Spread, paired_differences, percentile, spread

MILLISECONDS = 1e3
Raw = Mapping[str, Any]
Summary = dict[str, dict[str, Spread]]


def summarise(records: Sequence[Raw]) -> Summary:
    """Subject to measure to its spread over the rounds."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for raw in records:
        for measure, value in _values(raw):
            values[raw["subject"]][measure].append(value)
    return {
        subject: {measure: found for measure, each in measures.items() if (found := spread(each))}
        for subject, measures in values.items()
    }


def sentences(records: Sequence[Raw], measure: str) -> list[str]:
    """What failed, or was not run, once each."""
    found = [f"{raw['subject']}: {raw['sentence']}" for raw in records if raw["measure"] == measure]
    return list(dict.fromkeys(found))


def _values(raw: Raw) -> Iterator[tuple[str, float]]:
    match raw["measure"]:
        case "start":
            yield "start_seconds", raw["seconds"]
            yield "idle_pss_mb", raw["memory"]["pss_mb"]
            yield "idle_rss_mb", raw["memory"]["rss_mb"]
        case "saturation":
            speed, bare = fmean(raw["clips_a_second"]), fmean(raw["bare_clips_a_second"])
            yield "clips_a_second", speed
            yield "bare_clips_a_second", bare
            yield "saturation", speed / bare
            if "client_cpu_share" in raw:
                yield "client_cpu_share", raw["client_cpu_share"]
        case "overhead":
            differences = paired_differences(raw["request_seconds"], raw["engine_seconds"])
            yield "overhead_ms", percentile(differences, 50) * MILLISECONDS
            yield "request_p50_ms", percentile(raw["request_seconds"], 50) * MILLISECONDS
            yield "engine_p50_ms", percentile(raw["engine_seconds"], 50) * MILLISECONDS
            yield "same_text", raw["same_text"] / len(differences)
        case "overload":
            for measure, value in _overload(raw):
                yield f"{measure}@{raw['factor']:g}x", value
        case "whisper":
            yield "speed_over_faster_whisper", sum(raw["theirs_seconds"]) / sum(raw["ours_seconds"])
            yield "ours_seconds", percentile(raw["ours_seconds"], 50)
            yield "theirs_seconds", percentile(raw["theirs_seconds"], 50)


def _overload(raw: Raw) -> Iterator[tuple[str, float]]:
    sent, ready, tries = ([Sent(**one) for one in raw[name]] for name in ("sent", "ready", "recovery"))
    found = account(sent, ready, raw["duration_seconds"])
    recovered = recovery_seconds(tries, raw["unloaded_p50"])
    numbers: dict[str, float | None] = {
        "due": found.due,
        "answered": found.answered,
        "refused": found.refused,
        "over": found.over,
        "failed": found.failed,
        "goodput": found.goodput / raw["clips_a_second"],
        "answered_p50": found.answered_p50,
        "answered_p99": found.answered_p99,
        "refused_p99": found.refused_p99,
        "ready_p99": found.ready_p99,
        "ready_within_1s": found.ready_within_1s,
        # Never normal again counts as the time it was watched.
        "recovery": RECOVERY_LIMIT_SECONDS if recovered is None else recovered,
        "memory_growth_mb": raw["memory_after"]["pss_mb"] - raw["memory_before"]["pss_mb"],
        "memory_after_mb": raw["memory_after"]["pss_mb"],
        "deadline_seconds": raw["deadline_seconds"],
        "client_cpu_share": raw["client_cpu_share"],
        "client_late_p99": found.client_late_p99,
    }
    for name, value in numbers.items():
        if value is not None:
            yield name, value
