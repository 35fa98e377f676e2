"""Makes a report Markdown for a pull request; pure: a `Report` in, text out.

What came from outside stands in code spans, where Markdown, mentions and links mean nothing. Words are marked
as `git diff --word-diff` does: [-missing-] and {+said+}.
"""

from collections.abc import Iterable

from rollout_policies.cost import added, cost_sentence
from rollout_policies.markup import printable
from rollout_policies.report.bounds import unjudged
from rollout_policies.report.contents import Report
from rollout_policies.report.said import SLICE_HEAD, said_sentence, slice_rows, sound
from rollout_policies.report.timeline import clock, span
from rollout_policies.report.verdict import Ending, thresholds, verdict
from rollout_policies.report.words import Side, Word, side_by_side, tally, worst
from rollout_policies.walk import sentence, weigh

SIGNS: dict[Ending, str] = {
    "promoted": "✅",
    "rolled back": "❌",
    "paused": "⏸️",
    "under way": "⏳",
    "replaced": "⏸️",
}
# A pull request is no archive: the page has the rest.
MOST_UTTERANCES = 5


def report_markdown(report: Report) -> str:
    """Return the verdict, its gates, the evidence in a sentence and the worst utterances."""
    release, decided = report.release, verdict(report.release)
    name = span_of(f"{release.namespace}/{release.rollout}")
    revision = span_of(release.revision or "?")
    at = f" at {clock(decided.at, day=True)}" if decided.at else ""
    lines = [
        f"### {SIGNS[decided.ending]} {name} revision {revision}: {decided.ending}{at}",
        "",
        span_of(f"{decided.why}; {release.successor}" if release.successor else decided.why),
        "",
        f"Candidate {span_of(release.candidate)}, stable {span_of(release.stable or 'unknown')}.",
        "",
        *_gates(report),
        *_evidence(report),
        *_said(report),
    ]
    return "\n".join(lines).rstrip() + "\n"


def span_of(value: str) -> str:
    """Return a text as a code span that also fits a table's cell."""
    plain = " ".join(printable(value).replace("`", "'").split())
    escaped = plain.replace("|", "\\|")
    return f"`{escaped}`" if plain else ""


def _gates(report: Report) -> Iterable[str]:
    if not report.release.gates:
        return
    yield from _row("Gate", "Phase", "Last value", "Thresholds", "Took")
    yield from _row(*["---"] * 5)
    for gate in report.release.gates:
        value = "none" if gate.value is None else f"{gate.value:.4g}"
        took = "" if gate.ended is None else span(gate.ended - gate.began)
        yield from _row(span_of(gate.name), span_of(gate.phase), value, span_of(thresholds(gate)), took)
    yield ""


def _evidence(report: Report) -> Iterable[str]:
    if not report.pairs or report.golden is None:
        yield "No evidence of a golden walk was read."
        return
    counts = tally(report.pairs)
    judged = weigh(report.golden, report.pairs, report.alphas, report.times(report.estimand))
    yield (
        f"Golden set {span_of(report.golden.name)} (`{report.golden.digest[:12]}`): {sentence(judged)}. "
        f"{unjudged(report, report.golden)} "
        f"{counts.worse} clips worse, {counts.better} better, {counts.same} alike."
    )
    cost = added(pair.cost for pair in report.pairs)
    if cost.seconds:
        yield ""
        yield cost_sentence(cost)
    clips = {clip.name: clip for clip in report.golden.clips}
    utterances = worst(clips, report.pairs, MOST_UTTERANCES)
    if not utterances:
        return
    yield ""
    yield from _row("Worst utterances", "Errors", "Stable", "Candidate")
    yield from _row(*["---"] * 4)
    for utterance in utterances:
        errors = f"{utterance.stable.word_errors} → {utterance.candidate.word_errors}"
        sides = (span_of(_words(side)) for side in (utterance.stable, utterance.candidate))
        yield from _row(span_of(utterance.clip.name), errors, *sides)


def _said(report: Report) -> Iterable[str]:
    if report.said is None:
        return
    yield ""
    yield said_sentence(report.said.figures, report.said_margin)
    yield ""
    if report.said.worst:
        yield from _row("Heard differently", "Differs", "Stable", "Candidate")
        yield from _row(*["---"] * 4)
        for found in report.said.worst[:MOST_UTTERANCES]:
            sides = (span_of(_marked(words)) for words in side_by_side(found.stable, found.candidate))
            yield from _row(
                f"{span_of(found.request_id)} {sound(found)}", f"{100 * found.share:.0f} %", *sides
            )
        yield ""
    yield from _row(*SLICE_HEAD)
    yield from _row(*["---"] * len(SLICE_HEAD))
    for cells in slice_rows(report.said.slices):
        yield from _row(*cells)


MARKS = {"same": "{}", "missing": "[-{}-]", "extra": "{{+{}+}}", "wrong": "{{+{}+}}"}


def _words(side: Side) -> str:
    return side.reason[:200] or _marked(side.words)


def _marked(words: Iterable[Word]) -> str:
    return " ".join(MARKS[word.kind].format(word.text) for word in words)


def _row(*cells: str) -> Iterable[str]:
    yield f"| {' | '.join(cells)} |"
