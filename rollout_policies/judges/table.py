"""The comparison as Markdown and as tab-separated values; every judge and kind of release has its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollout_policies.judges.bars import Bar, clips
from rollout_policies.judges.compare import OURS, Peer
from rollout_policies.judges.kayenta import CONFIDENCE
from rollout_policies.judges.oracle import Soonest
from rollout_policies.judges.subject import Subject
from rollout_policies.tally import Share, Tally

COLUMNS = (
    "judge",
    "change",
    "points",
    "clips",
    "releases",
    "aborted",
    "promoted",
    "undecided",
    "falsely_aborted",
    "of_harmless",
    "falsely_promoted",
    "of_harmful",
    "median_to_abort",
    "nine_in_ten_to_abort",
    "median_to_decide",
)


@dataclass(frozen=True)
class Part:
    """What the judges made of one subject."""

    name: str
    subject: Subject
    peers: Sequence[Peer]
    tallies: Sequence[Tally]


def report(
    parts: Sequence[Part], limits: Sequence[Soonest], found: Sequence[Bar], notes: Sequence[str]
) -> str:
    """The whole page: of each subject our walk and the peers beside it; how soon at all, and every bar."""
    return "\n\n".join(
        [
            *(said for part in parts for said in _part(part)),
            "### How soon at all",
            limits_table(limits),
            "### Bars",
            bars_table(found),
            "\n".join(f"- {note}" for note in notes),
        ]
    )


def _part(part: Part) -> list[str]:
    return [
        f"### {part.name}: the walk",
        ours_table([t for t in part.tallies if t.judge == OURS], part.subject),
        f"### {part.name}: every judge, aborted, and the median clips to it",
        judges_table(part.tallies),
        "\n".join(f"- {peer.name}: {_setting(peer, part)}" for peer in part.peers),
    ]


def _setting(peer: Peer, part: Part) -> str:
    if not peer.name.startswith("Kayenta"):
        return f"fails above {part.subject.say_threshold(peer.setting)}"
    corrected = any(other.name != peer.name and other.name.startswith(peer.name) for other in part.peers)
    note = (
        "" if corrected or peer.setting != CONFIDENCE else ", which needs no correction: it keeps the error"
    )
    return f"confidence {peer.setting:.12g}{note}"


def ours_table(tallies: Sequence[Tally], subject: Subject) -> str:
    """A row a kind of release."""
    head = (
        f"| release | {subject.heading} | promoted | aborted | undecided | falsely aborted "
        "| falsely promoted | clips to decide | clips to abort: median, 9 in 10 |"
    )
    rows = [
        f"| {t.change} | {subject.say(t.points)} | {t.promoted.share:.1%} | {t.aborted.share:.1%} "
        f"| {t.undecided.share:.1%} "
        f"| {_error(t.falsely_aborted)} | {_error(t.falsely_promoted)} | {clips(t.median_to_decide)} "
        f"| {clips(t.median_to_abort)}, {clips(t.most_to_abort)} |"
        for t in tallies
    ]
    return "\n".join([head, "|---" * 9 + "|", *rows])


def _error(share: Share) -> str:
    if share.of == 0:
        return "-"
    return f"{share.count} of {share.of} (≤ {share.at_most:.2%})"


def judges_table(tallies: Sequence[Tally]) -> str:
    """A row a judge, a column a kind of release."""
    changes = list(dict.fromkeys(t.change for t in tallies))
    found = {(t.judge, t.change): t for t in tallies}
    lines = ["| | " + " | ".join(changes) + " |", "|---" * (len(changes) + 1) + "|"]
    for judge in dict.fromkeys(t.judge for t in tallies):
        cells = [found[judge, change] for change in changes]
        said = [f"{t.aborted.share:.1%}, {clips(t.median_to_abort)}" for t in cells]
        lines.append(f"| {judge} | " + " | ".join(said) + " |")
    return "\n".join(lines)


def limits_table(limits: Sequence[Soonest]) -> str:
    """A row a kind of release and margin: the median clips to fail it."""
    head = "| release | margin | the walk | who knows its errors | any bets, no sooner than | a single look |"
    rows = [
        f"| {one.kind} | {one.margin:g} | {clips(one.walk)} | {clips(one.gambler)} | {clips(one.any_bets)} "
        f"| {clips(one.one_look)} |"
        for one in limits
    ]
    return "\n".join([head, "|---" * 6 + "|", *rows])


def bars_table(found: Sequence[Bar]) -> str:
    """A row a bar, met or not."""
    rows = [f"| {b.words} | {b.limit} | {b.found} | **{'met' if b.met else 'not met'}** |" for b in found]
    return "\n".join(["| bar | limit | found | verdict |", "|---|---|---|---|", *rows])


def as_tsv(tallies: Sequence[Tally]) -> str:
    """A line a judge and kind of release; what never came is empty."""
    return "\n".join(["\t".join(COLUMNS), *("\t".join(_cells(t)) for t in tallies)]) + "\n"


def _cells(t: Tally) -> list[str]:
    counts = (
        t.clips,
        t.aborted.of,
        t.aborted.count,
        t.promoted.count,
        t.undecided.count,
        t.falsely_aborted.count,
        t.falsely_aborted.of,
        t.falsely_promoted.count,
        t.falsely_promoted.of,
        t.median_to_abort,
        t.most_to_abort,
        t.median_to_decide,
    )
    return [t.judge, t.change, f"{t.points:.3f}", *("" if c is None else str(c) for c in counts)]
