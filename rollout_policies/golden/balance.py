"""Says of whom and of what a golden set is made, and where one part outweighs the rest; judges no clip."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rollout_policies.golden.findings import Finding
from rollout_policies.golden.rows import Row

# Fields of a manifest that name a part of the set; `slice` is free for what a set's owner cares about.
FIELDS = ("speaker", "slice", "label_source")
DURATIONS = (1.0, 2.0, 4.0, 8.0, 15.0)
# One speaker with more than this share of the words: the set speaks of that voice.
ONE_VOICE = 0.8
# A clip with more than this share of the words bounds every bet of the walk (docs/decisions/0005).
HEAVY_CLIP = 0.05


@dataclass(frozen=True)
class Part:
    """The clips that share a value of one field: how many, how many words, how many seconds."""

    field: str
    value: str
    clips: int
    words: int
    seconds: float


def parts(rows: Sequence[Row]) -> list[Part]:
    """Return the set divided by each field it has, and by duration and sample rate."""
    keys: list[tuple[str, Callable[[Row], str]]] = [
        (field, lambda row, field=field: str(row.fields.get(field, "not said")))  # type: ignore[misc]
        for field in FIELDS
        if any(field in row.fields for row in rows)
    ]
    measured = [("duration", _duration), ("sample rate", _sample_rate)]
    return [part for field, key in [*keys, *measured] for part in _divided(rows, field, key)]


def _divided(rows: Sequence[Row], field: str, key: Callable[[Row], str]) -> Iterable[Part]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    for value, own in sorted(groups.items()):
        seconds = sum(row.sound.seconds for row in own if row.sound)
        yield Part(field, value, len(own), sum(row.words for row in own), seconds)


def _duration(row: Row) -> str:
    if row.sound is None:
        return "unreadable"
    above = [limit for limit in DURATIONS if row.sound.seconds >= limit]
    return f"from {max(above):4.0f} s" if above else f"below {DURATIONS[0]:.0f} s"


def _sample_rate(row: Row) -> str:
    return f"{row.sound.sample_rate} Hz" if row.sound else "unreadable"


def check_balance(rows: Sequence[Row], divided: Sequence[Part]) -> list[Finding]:
    """Return where one speaker or one clip outweighs the set, and where it is of several sample rates."""
    words = sum(row.words for row in rows) or 1
    findings = [
        Finding(
            "warning",
            "balance",
            "",
            f"{part.words / words:.0%} of the words are {part.value}'s: a gate on this says little of others",
        )
        for part in divided
        if part.field == "speaker" and part.words / words > ONE_VOICE
    ]
    findings += [
        Finding(
            "warning", "balance", row.name, f"{row.words / words:.0%} of the set's words are in this one clip"
        )
        for row in rows
        if row.words / words > HEAVY_CLIP and len(rows) > 1 / HEAVY_CLIP
    ]
    rates = [part.value for part in divided if part.field == "sample rate"]
    if len(rates) > 1:
        findings.append(Finding("note", "balance", "", f"several sample rates: {', '.join(rates)}"))
    return findings
