"""Says how a margin would fare on recorded word errors: how soon it decides and how often it is wrong.

Input is a table of tab-separated columns: `clip`, `words`, then one column of word errors a version. Every
version is walked many times against the stable one, each time in a newly drawn order; every clip is a look.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rollout_policies.errors import OptionError
from rollout_policies.sequential import Alphas, Floats, capital, draw_order, sums_before, weight_before
from rollout_policies.walk import shared

HEADINGS = (
    "version",
    "points",
    "margin",
    "passed",
    "failed",
    "wrong",
    "median",
    "90 %",
    "missed L",
    "missed U",
)


@dataclass(frozen=True)
class Recorded:
    """Recorded word errors of several versions on one set; each clip's are capped at its words."""

    words: Floats
    errors: dict[str, Floats]


@dataclass(frozen=True)
class SimulationOptions:
    """How often to walk, from which seed, and what the gate asks for."""

    alphas: Alphas
    repetitions: int = 300
    min_pairs: int = 50
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """How a walk ended: by which verdict, after how many clips, and whether a bound ever excluded the
    truth."""

    passed: bool
    clips: int
    lower_missed: bool
    upper_missed: bool


def read_recorded(path: Path) -> Recorded:
    """Return the table in a file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    versions = [name for name in (rows[0] if rows else {}) if name not in ("clip", "words")]
    if not versions:
        raise OptionError(f"{path} must have the columns clip, words and one a version, and a row a clip")
    words = np.array([float(row["words"]) for row in rows])
    return Recorded(
        words, {v: np.minimum(words, np.array([float(row[v]) for row in rows])) for v in versions}
    )


def decide(parts: Floats, words: Floats, margin: float, options: SimulationOptions) -> Outcome:
    """Walk clips in the given order against a margin in errors per word; a complete walk always decides."""
    total, alphas = float(words.sum()), shared(options.alphas)
    above, below = _first_refusals(parts, words, margin * total, alphas)
    truth_above, truth_below = _first_refusals(parts, words, float(parts.sum()), alphas)
    # A pass also needs the smallest number of clips; bounds only tighten, so it is then that it comes.
    below = max(below, options.min_pairs)
    end = len(parts)
    passed = below < above if min(above, below) <= end else bool(parts.sum() <= margin * total)
    return Outcome(passed, min(above, below, end), truth_above <= end, truth_below <= end)


def _first_refusals(parts: Floats, words: Floats, hypothesis: float, alphas: Alphas) -> tuple[int, int]:
    """Return after how many clips "the total is at most / at least this" is refused; clips + 1 where
    never."""
    whole = float(words.sum())
    left, before = weight_before(words, whole), sums_before(parts)
    mu = (hypothesis - before) / left
    seen, after = before + parts, left - words
    above = (capital(parts / words, mu) >= 1 / alphas.fail) | (seen - after > hypothesis)
    below = (capital(-parts / words, -mu) >= 1 / alphas.passing) | (seen + after < hypothesis)
    return _first(above), _first(below)


def _first(reached: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    return int(np.argmax(reached)) + 1 if reached.any() else len(reached) + 1


def simulate(
    recorded: Recorded, stable: str, margins: list[float], options: SimulationOptions
) -> Iterator[list[str]]:
    """Yield a row of text for every version but the stable one and every margin."""
    rng = np.random.default_rng(options.seed)
    for version, errors in recorded.errors.items():
        if version == stable:
            continue
        difference = errors - recorded.errors[stable]
        truth = float(difference.sum() / recorded.words.sum())
        for margin in margins:
            orders = (draw_order(recorded.words, rng) for _ in range(options.repetitions))
            outcomes = [decide(difference[o], recorded.words[o], margin, options) for o in orders]
            yield [
                version,
                f"{100 * truth:+.2f}",
                f"{margin:g}",
                *_summary(outcomes, should_pass=truth <= margin),
            ]


def _summary(outcomes: list[Outcome], should_pass: bool) -> list[str]:
    passed = np.array([o.passed for o in outcomes])
    clips = np.array([o.clips for o in outcomes])
    shares = (
        passed,
        ~passed,
        passed != should_pass,
    )
    missed = (np.array([o.lower_missed for o in outcomes]), np.array([o.upper_missed for o in outcomes]))
    return [
        *(f"{share.mean():.1%}" for share in shares),
        f"{np.median(clips):.0f}",
        f"{np.quantile(clips, 0.9):.0f}",
        *(f"{share.mean():.1%}" for share in missed),
    ]


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `simulate` to the room's commands."""
    parser = commands.add_parser(
        "simulate",
        help="show how soon a margin decides on recorded word errors, and how often it is wrong",
        description=__doc__,
        epilog="Columns: the true difference in points; how often the version passed and failed; how often "
        "that was wrong; clips until the decision (median, nine walks in ten); how often a bound missed it.",
    )
    parser.add_argument("--errors", type=Path, required=True, metavar="TSV", help="the table of word errors")
    parser.add_argument("--stable", required=True, metavar="VERSION", help="the stable version's column")
    parser.add_argument("--margin", type=float, action="append", help="in errors per word; repeatable (0.01)")
    parser.add_argument("--repetitions", type=int, default=300, help="walks a row (%(default)s)")
    parser.add_argument("--min-pairs", type=int, default=50, help="clips that a pass needs (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the orders drawn (%(default)s)")
    parser.add_argument("--alpha-fail", type=float, default=0.01, help="as the referee's (%(default)s)")
    parser.add_argument("--alpha-pass", type=float, default=0.05, help="as the referee's (%(default)s)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    recorded = read_recorded(options.errors)
    if options.stable not in recorded.errors:
        raise OptionError(f"--stable must be one of {', '.join(recorded.errors)}, not {options.stable!r}")
    settings = SimulationOptions(
        Alphas(options.alpha_fail, options.alpha_pass), options.repetitions, options.min_pairs, options.seed
    )
    sys.stdout.write("\t".join(HEADINGS) + "\n")
    for row in simulate(recorded, options.stable, options.margin or [0.01], settings):
        sys.stdout.write("\t".join(row) + "\n")
        sys.stdout.flush()
    return 0
