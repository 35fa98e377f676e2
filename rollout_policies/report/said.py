"""Shows what both versions made of what users said, where both heard it; a page's part, and Markdown's.

Nobody knows what was really said, so no version is right: the words of each that the other lacks are marked.
"""

from collections.abc import Iterable, Sequence

from rollout_policies.live.comparer import Findings, LiveFigures
from rollout_policies.live.slices import Slice
from rollout_policies.live.store import Disagreed
from rollout_policies.markup import BREAK, Html, code, join, section, table, tag, text
from rollout_policies.report.words import Word, side_by_side

LISTEN = (
    "Nobody has said which version is right: marked are the words of each that the other did not hear there."
)
NO_BOUND = "Means without bounds: they say where to listen, and prove nothing."


def said_view(findings: Findings, margin: float | None) -> Html:
    """Return the part of the page."""
    rows = [_row(found) for found in findings.worst]
    head = ("Request", "Differs", "Stable", "Candidate")
    alike = tag("p", text("No utterance differs in a word."))
    return section(
        "What users said, as both versions heard it",
        tag("p", text(said_sentence(findings.figures, margin))),
        table(head, rows) if rows else alike,
        tag("p", text(LISTEN), class_="dim"),
        table(SLICE_HEAD, ([text(cell) for cell in cells] for cells in slice_rows(findings.slices))),
        tag("p", text(NO_BOUND), class_="dim"),
    )


def said_sentence(figures: LiveFigures, margin: float | None) -> str:
    """Say how many requests both heard, and how far apart."""
    found = figures.disagreement
    asked = "" if margin is None else f"; the gate's margin is {100 * margin:g} %"
    return (
        f"{figures.pairs} requests of users were heard by both versions. Of an utterance's words "
        f"{100 * found.estimate:.2f} % differ on average, between {100 * found.lower:.2f} % and "
        f"{100 * found.upper:.2f} %{asked}."
    )


SLICE_HEAD = ("Slice", "Range", "Requests", "Differing", "Mean disagreement")


def slice_rows(slices: Sequence[Slice]) -> Iterable[tuple[str, ...]]:
    """Yield the cells of the table by slice; a figure is named where it begins."""
    before = ""
    for one in slices:
        figure = "" if one.figure == before else one.figure
        yield figure, one.range, str(one.pairs), str(one.differing), f"{100 * one.disagreement:.1f} %"
        before = one.figure


def sound(found: Disagreed) -> str:
    """Say how long and how sure an utterance was."""
    sure = "" if found.confidence is None else f", confidence {found.confidence:.2f}"
    return f"{found.audio_seconds:.1f} s{sure}"


def _row(found: Disagreed) -> list[Html]:
    stable, candidate = side_by_side(found.stable, found.candidate)
    return [
        join([code(found.request_id), BREAK, text(sound(found))]),
        tag("span", text(f"{100 * found.share:.0f} %"), class_="num"),
        _words(stable),
        _words(candidate),
    ]


def _words(words: Sequence[Word]) -> Html:
    if not words:
        return tag("em", text("no word"))
    marked = (text(w.text) if w.kind == "same" else tag("bdi", text(w.text), class_="extra") for w in words)
    return join(marked, " ")
