"""Makes a report one HTML page without outside assets; pure: a `Report` in, text out."""

from collections.abc import Iterable

from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.markup import BREAK, Html, code, facts, join, page, section, table, tag, text
from rollout_policies.report.bounds import bounds_plot, closing, unjudged
from rollout_policies.report.contents import GATES_OF_MEASURES, Report, Version
from rollout_policies.report.gates import Gate
from rollout_policies.report.latency import latency_view
from rollout_policies.report.probing import cost_view
from rollout_policies.report.said import said_view
from rollout_policies.report.timeline import clock, phase_chip, phase_legend, span, timeline
from rollout_policies.report.verdict import Ending, thresholds, verdict
from rollout_policies.report.words import Side, Utterance, Word, tally, worst
from rollout_policies.walk import sentence, weigh

MOODS: dict[Ending, str] = {
    "promoted": "good",
    "rolled back": "bad",
    "paused": "wait",
    "under way": "wait",
    "replaced": "wait",
}
KINDS = {
    "wrong": "said instead of another word",
    "extra": "said and not in the label",
    "missing": "in the label and not said",
}


def report_page(report: Report, refresh_seconds: int | None = None) -> str:
    """Return the page; a live one asks to be loaded again."""
    release = report.release
    name = f"{release.namespace}/{release.rollout} revision {release.revision or '?'}"
    return page(
        f"{name}: {verdict(release).ending}",
        tag("h1", text(name)),
        _verdict(report),
        _versions(report),
        _timeline(report),
        _gates(release.gates),
        *_evidence(report),
        *([said_view(report.said, report.said_margin)] if report.said else []),
        _moments(report),
        tag("p", text(f"Made {clock(report.made_at, day=True)} by Serinus."), class_="dim"),
        refresh_seconds=refresh_seconds,
    )


def _verdict(report: Report) -> Html:
    decided = verdict(report.release)
    at = f" at {clock(decided.at, day=True)}" if decided.at else ""
    return tag(
        "div",
        tag("strong", text(decided.ending), id="verdict"),
        text(f"{at}: {decided.why}" + (f"; {report.release.successor}" if report.release.successor else "")),
        class_=f"verdict {MOODS[decided.ending]}",
    )


def _versions(report: Report) -> Html:
    golden, evidence = report.golden, report.evidence
    rows = [(version.side, _version(version)) for version in report.versions]
    if evidence is not None:
        digest = code(f"sha256:{evidence.identity.golden_digest}")
        clips = f"{golden.name}, {len(golden.clips)} clips, {golden.words} words, " if golden else ""
        rows.append(("golden set", join([text(clips), digest])))
        if evidence.identity.baseline:
            rows.append(("stable was probed on", text("fresh pods, started for this comparison")))
    rows.append(
        ("error probabilities", text(f"failing {report.alphas.fail:g}, passing {report.alphas.passing:g}"))
    )
    return section("What was compared", facts(rows))


def _version(version: Version) -> Html:
    images = [
        join([BREAK, code(image), text(" "), tag("span", code(digest), class_="dim")])
        for image, digest in version.images
    ]
    model = [BREAK, text("model digest "), code(version.model_digest)] if version.model_digest else []
    known = images or [text(" (no pod of it is left)")]
    return join([code(version.pod_template_hash or "unknown"), *known, *model])


def _timeline(report: Report) -> Html:
    drawn = timeline(report.release, report.walked, report.made_at)
    return section(
        "Timeline, UTC",
        drawn if drawn is not None else tag("p", text("The cluster knows no time of this release.")),
        phase_legend(),
        tag(
            "p",
            text(
                "Each dot is a measurement of its gate. A cluster forgets Events, after an hour by default."
            ),
            class_="dim",
        ),
    )


def _gates(gates: Iterable[Gate]) -> Html:
    rows = [
        [
            text(gate.name),
            text("" if gate.step is None else gate.step),
            phase_chip(gate.phase),
            text(clock(gate.began)),
            text("" if gate.ended is None else span(gate.ended - gate.began)),
            text(gate.count),
            text("none" if gate.value is None else f"{gate.value:.4g}"),
            text(thresholds(gate)),
            text(gate.message),
        ]
        for gate in gates
    ]
    head = ("Gate", "Step", "Phase", "Began", "Took", "Looks", "Last value", "Thresholds", "Message")
    return section("Gates", table(head, rows) if rows else tag("p", text("No gate has run.")))


def _evidence(report: Report) -> Iterable[Html]:
    if not report.pairs:
        yield section("Golden walk", tag("p", text("There is no evidence of a golden walk here.")))
        return
    latency = latency_view(report.pairs)
    if report.golden is None:
        said = "The golden set of this walk is not here, so its bounds and words cannot be shown."
        yield section("Golden walk", tag("p", text(said)))
    else:
        yield _bounds(report, report.golden)
    if latency is not None:
        yield section("Inference time of the same clips", latency)
    if report.golden is not None:
        yield _worst(report, report.golden)
    cost = cost_view(report.pairs)
    if cost is not None:
        yield cost


def _bounds(report: Report, golden: GoldenSet) -> Html:
    figures = closing(golden, report.pairs, report.alphas, report.times(report.estimand))
    judged = weigh(golden, report.pairs, report.alphas, report.times(report.estimand))
    clips = len(golden.clips)
    plots = (bounds_plot(figures, measure, report.margin(measure), clips) for measure in GATES_OF_MEASURES)
    return section(
        "Golden walk",
        tag("p", text(sentence(judged))),
        tag("p", text(unjudged(report, golden))),
        tag("div", *(drawn for drawn in plots if drawn is not None), class_="pair"),
        tag(
            "p",
            text(
                "The bounds hold at every clip at once (anytime-valid). The lower one above the margin fails "
                "the release, the upper one below it passes it. Those of the set meet at the last clip; "
                "those of all such speech, of which its clips are taken for independent draws, do not."
            ),
            class_="dim",
        ),
    )


def _worst(report: Report, golden: GoldenSet) -> Html:
    counts = tally(report.pairs)
    clips = {clip.name: clip for clip in golden.clips}
    head = ("Clip", "Errors", "Label", "Stable", "Candidate")
    rows = [_utterance(utterance) for utterance in worst(clips, report.pairs)]
    key = join(
        (join([tag("bdi", text(kind), class_=kind), text(f" {why}")]) for kind, why in KINDS.items()), "; "
    )
    return section(
        "Worst utterances",
        tag(
            "p",
            text(
                f"Of {len(report.pairs)} clips the candidate made {counts.worse} worse and {counts.better} "
                f"better; {counts.same} stayed as they were."
            ),
        ),
        table(head, rows) if rows else tag("p", text("No clip got worse.")),
        tag("p", text("Words as they are counted, after normalising: "), key, class_="dim"),
    )


def _utterance(utterance: Utterance) -> list[Html]:
    clip, stable, candidate = utterance.clip, utterance.stable, utterance.candidate
    return [
        join([code(clip.name), BREAK, text(f"{clip.duration_seconds:.1f} s, {clip.words} words")]),
        tag("span", text(f"{stable.word_errors} → {candidate.word_errors}"), class_="num"),
        tag("bdi", text(clip.reference)),
        _side(stable),
        _side(candidate),
    ]


def _side(side: Side) -> Html:
    if side.reason:
        return tag("em", text(side.reason[:200]))
    return join((_word(word) for word in side.words), " ")


def _word(word: Word) -> Html:
    return text(word.text) if word.kind == "same" else tag("bdi", text(word.text), class_=word.kind)


def _moments(report: Report) -> Html:
    rows = [
        [
            tag("span", text(clock(moment.at)), class_="num"),
            tag("strong" if moment.warning else "span", text(moment.reason)),
            text(moment.message),
        ]
        for moment in report.release.moments
    ]
    known = (
        table(("UTC", "Event", "Message"), rows)
        if rows
        else tag("p", text("The cluster kept no Event of it."))
    )
    return section("What decided and when", known)
