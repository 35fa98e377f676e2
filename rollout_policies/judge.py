"""`judge STABLE CANDIDATE`: the referee's verdict on two files of transcripts, for a pull request's checks.

It asks no pod and has no arithmetic of its own: the files become pairs, which `walk.weigh` weighs.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from rollout_policies.arguments import golden_folder, readable
from rollout_policies.errors import RefereeError
from rollout_policies.estimand import Estimand, add_estimand
from rollout_policies.golden.manifest import read_golden_set
from rollout_policies.result_files import Paired, ResultFile, labels_within, pair_results, read_results
from rollout_policies.sequential import Alphas
from rollout_policies.verdict import Ending, Finding, Margins, Verdict, decide
from rollout_policies.walk import WHOSE, Figures, sentence, weigh

log = logging.getLogger(__name__)
EXIT_CODES = {Ending.NO_WORSE: 0, Ending.WORSE: 1, Ending.UNDECIDED: 3}
UNREADABLE = 2
STABLE, CANDIDATE = "STABLE.jsonl", "CANDIDATE.jsonl"
TITLES = {"word_errors": "word errors{}, points of WER", "latency": "inference time, factor"}


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add `judge` to the room's commands and return its parser."""
    parser = commands.add_parser(
        "judge",
        help="judge a candidate by two files of transcripts, as the gates would",
        description="One JSON a line: clip, text or the reason why there is none, inference_ms where "
        "measured, and in STABLE the reference where no --golden is given. A clip that CANDIDATE lacks has "
        "every word wrong; a walk holds at the first clip that STABLE lacks. Times are judged where a "
        "file has any.",
        epilog="Exit codes: 0 no worse, 1 worse, 2 usage or unreadable, 3 undecided.",
    )
    parser.add_argument("stable", type=Path, metavar=STABLE)
    parser.add_argument("candidate", type=Path, metavar=CANDIDATE)
    parser.add_argument("--golden", type=Path, metavar="DIR", help="the set; else STABLE's own references")
    parser.add_argument(
        "--margin", type=float, default=0.01, help="in errors per word; 0.01 is 1 point (%(default)s)"
    )
    parser.add_argument(
        "--latency-margin", type=float, default=1.25, help="candidate over stable (%(default)s)"
    )
    parser.add_argument("--min-pairs", type=int, default=50, help="clips that a pass needs (%(default)s)")
    add_estimand(parser)
    parser.add_argument("--markdown", action="store_true", help="print a table for a pull request")
    parser.set_defaults(run=_run)
    return parser


def _run(options: argparse.Namespace) -> int:
    """The exit code; Python's own for a crash is 1, which a pull request's check would read as "worse"."""
    try:
        return _judge(options)
    except Exception:
        log.exception("no verdict: this is a mistake of ours")
        return UNREADABLE


def _judge(options: argparse.Namespace) -> int:
    try:
        stable, candidate = (
            read_results(readable(argument, path, "a file of one JSON object a line"))
            for argument, path in ((STABLE, options.stable), (CANDIDATE, options.candidate))
        )
        golden = (
            read_golden_set("golden", golden_folder("--golden", options.golden))
            if options.golden
            else labels_within(stable)
        )
        paired = pair_results(golden, stable, candidate)
    except (RefereeError, OSError) as error:
        sys.stderr.write(f"rollout_policies: {error}\n")
        return UNREADABLE
    margins = {"word_errors": options.margin}
    if _timed(stable) or _timed(candidate):
        margins["latency"] = options.latency_margin
    alphas = Alphas(options.alpha_fail, options.alpha_pass)
    population = paired.times if Estimand(options.estimand) is Estimand.POPULATION else None
    figures = weigh(golden, paired.pairs, alphas, population)
    verdict = decide(figures, Margins(margins, options.min_pairs))
    say = markdown if options.markdown else in_a_sentence
    sys.stdout.write(say(verdict, figures, paired) + "\n")
    return EXIT_CODES[verdict.ending]


def _timed(file: ResultFile) -> bool:
    return any(result.inference_ms is not None for result in file.results.values())


def in_a_sentence(verdict: Verdict, figures: Figures | None, paired: Paired) -> str:
    """Say the verdict with its figures."""
    notes = "".join(f"; {note}" for note in _notes(verdict, paired))
    return f"{verdict.ending.value}: {sentence(figures)}{notes}"


def markdown(verdict: Verdict, figures: Figures | None, paired: Paired) -> str:
    """Say the verdict as a table for a pull request."""
    of = WHOSE[figures.estimand] if figures else ""
    rows = [
        f"| {TITLES[f.measure].format(of)} | {_shown(f)} | {_limit(f)} | **{f.ending.value}** |"
        for f in verdict.findings
    ]
    compared = (
        f"{figures.pairs} of {figures.pairs + figures.remaining} clips compared" if figures else "no pair"
    )
    return "\n".join(
        [
            f"**{verdict.ending.value}**: {'; '.join([compared, *_notes(verdict, paired)])}",
            "",
            "| | difference | margin | verdict |",
            "|---|---|---|---|",
            *rows,
        ]
    )


def _shown(finding: Finding) -> str:
    b = finding.bounds
    if b is None:
        return "not measured on enough clips"
    if finding.measure == "latency":
        return f"x{b.estimate:.2f} (between x{b.lower:.2f} and x{b.upper:.2f})"
    low, middle, high = (100 * value for value in (b.lower, b.estimate, b.upper))
    return f"{middle:+.2f} (between {low:+.2f} and {high:+.2f})"


def _limit(finding: Finding) -> str:
    return f"x{finding.margin:g}" if finding.measure == "latency" else f"{100 * finding.margin:+g}"


def _notes(verdict: Verdict, paired: Paired) -> list[str]:
    notes = []
    if paired.without_candidate:
        notes.append(f"the candidate has nothing for {_some(paired.without_candidate)}: every word wrong")
    if paired.without_stable:
        notes.append(f"stable has nothing for {_some(paired.without_stable)}: the walk holds at the first")
    if any(f.measure == "latency" and f.bounds is None for f in verdict.findings):
        notes.append("fewer than half of the words have both sides' times")
    if all(f.measure != "latency" for f in verdict.findings):
        notes.append("no times to judge")
    return notes


def _some(clips: Sequence[str]) -> str:
    # A name comes from a file: without line breaks, and nothing that Markdown would read.
    first = ", ".join(
        "".join(c if c.isalnum() or c in "-_./" else "?" for c in clip[:60]) for clip in clips[:3]
    )
    return f"{first}{', ...' if len(clips) > 3 else ''} ({len(clips)} in all)"
