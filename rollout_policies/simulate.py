"""Says how a golden set and a policy would fare: how often a good release is aborted, how soon a bad one is
caught, and how many clips are missing; knows nothing of pods or of other judges.

Releases of a known size are made of recorded word errors (recorded_errors). On the set itself every version
is walked in newly drawn orders; for other sizes, sets are drawn from the recorded clips with replacement.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rollout_policies.arguments import golden_folder
from rollout_policies.errors import OptionError
from rollout_policies.estimand import Estimand, add_estimand
from rollout_policies.golden.manifest import GoldenSet, read_golden_set
from rollout_policies.recorded_errors import (
    Change,
    Recorded,
    draw_releases,
    large_enough,
    least_harmful,
    read_recorded,
)
from rollout_policies.sequential import Alphas
from rollout_policies.simulated_walks import Endings, Policy, walk_releases
from rollout_policies.tally import Share, Tally, tally

POINTS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
HARMLESS = (0.0, 0.2)
LEAST_PROMOTED = 0.8
MOST_PROMOTED_BAD = 0.01
SIZES = (50, 75, 100, 150, 200, 300, 400, 500, 600, 800, 1000, 1300, 1600, 2000, 2500, 3200)
HEADINGS = (
    "release",
    "points",
    "promoted",
    "aborted",
    "median clips to decide",
    "median to abort",
    "9 in 10 to abort",
)


@dataclass(frozen=True)
class SimulationOptions:
    """What the gate asks for, how many releases of a kind, and the seed of all that is drawn."""

    policy: Policy
    repetitions: int = 2000
    seed: int = 1


@dataclass(frozen=True)
class Size:
    """What sets of so many clips would do: the share promoted of harmless releases (the worst kind of them)
    and of releases one point beyond the margin."""

    clips: int
    harmless_promoted: Share
    bad_promoted: Share


def of_golden_set(recorded: Recorded, golden: GoldenSet) -> Recorded:
    """Return what was recorded of a set's clips; the table's names may leave out folder and ending."""
    rows = {name: row for row, name in enumerate(recorded.clips)}
    found = [rows.get(clip.name, rows.get(Path(clip.name).stem)) for clip in golden.clips]
    missing = [clip.name for clip, row in zip(golden.clips, found, strict=True) if row is None]
    if missing:
        raise OptionError(
            f"{len(missing)} clips of {golden.name} have no recorded errors, first {missing[0]}"
        )
    kept = np.array([row for row in found if row is not None])
    words = np.array([clip.words for clip in golden.clips], dtype=float)
    errors = {version: np.minimum(words, of[kept]) for version, of in recorded.errors.items()}
    return Recorded(tuple(clip.name for clip in golden.clips), words, errors, recorded.stable)


def walks(
    recorded: Recorded, change: Change, clips: int | None, options: SimulationOptions
) -> tuple[Tally, Endings]:
    """Walk many releases of a kind, on the set itself or on sets of so many clips.

    What is true of a release is its own set's difference, or, where the population is judged, what the kind
    is on average; then the set itself is one of many of its size.
    """
    of_population = options.policy.estimand is Estimand.POPULATION
    rng = np.random.default_rng([options.seed, clips or 0])
    clips = len(recorded.words) if clips is None and of_population else clips
    releases = draw_releases(recorded, change, clips, options.repetitions, rng)
    endings = walk_releases(releases, rng, options.policy)
    points = recorded.points(change.name) if change.points is None else change.points
    truth = np.full(options.repetitions, points / 100) if of_population else releases.truth
    return tally("walk", change.name, points, endings, truth, options.policy.margin), endings


def on_this_set(recorded: Recorded, options: SimulationOptions) -> Iterator[tuple[Tally, Endings]]:
    """Yield the walks of every size of change that can be made and of every recorded version."""
    harmless = least_harmful(recorded)
    for points in POINTS:
        if points == 0 or large_enough(recorded, points):
            yield walks(recorded, Change(f"+{points:g}", harmless, points), None, options)
    for version in recorded.errors:
        if version != recorded.stable:
            yield walks(recorded, Change(version, harmless), None, options)


def sizes(recorded: Recorded, options: SimulationOptions) -> Iterator[Size]:
    """Yield what sets of each size would do, up to the first that is large enough."""
    harmless = least_harmful(recorded)
    bad = 100 * options.policy.margin + 1
    for clips in SIZES:
        shares = [
            walks(recorded, Change(f"+{points:g}", harmless, points), clips, options)[0].promoted
            for points in (*HARMLESS, bad)
        ]
        size = Size(clips, min(shares[:-1], key=lambda promoted: promoted.share), shares[-1])
        yield size
        if is_enough(size):
            return


def is_enough(size: Size) -> bool:
    """Say whether harmless releases are promoted, and those one point beyond the margin surely are not."""
    return size.harmless_promoted.share >= LEAST_PROMOTED and size.bad_promoted.at_most <= MOST_PROMOTED_BAD


def advice(found: Sequence[Size], clips: int, margin: float) -> str:
    """Say which size is recommended, and how many clips a set lacks to it."""
    last = found[-1]
    if not is_enough(last):
        return f"Recommended set size: more than {last.clips} clips."
    missing = max(0, last.clips - clips)
    lack = f"this set has {clips}: {missing} are missing" if missing else f"this set has {clips}, enough"
    return (
        f"Recommended set size: {last.clips} clips ({lack}). Of such speech it promotes "
        f"{last.harmless_promoted.share:.1%} of harmless releases (up to +{max(HARMLESS):g} points) "
        f"without a person and {last.bad_promoted.share:.1%} (at most {last.bad_promoted.at_most:.1%}) "
        f"of those 1 point beyond the margin ({100 * margin + 1:+g} points)."
    )


def table(tallies: Sequence[Tally]) -> str:
    """Say the tallies, a line a kind of release."""
    rows = [
        [
            t.change,
            f"{t.points:+.2f}",
            f"{t.promoted.share:.1%}",
            f"{t.aborted.share:.1%}",
            *(
                ("never" if c is None else str(c))
                for c in (t.median_to_decide, t.median_to_abort, t.most_to_abort)
            ),
        ]
        for t in tallies
    ]
    return "\n".join("\t".join(row) for row in [list(HEADINGS), *rows])


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add `simulate` to the room's commands and return its parser."""
    parser = commands.add_parser(
        "simulate",
        help="show how a golden set and a policy would fare on recorded word errors",
        description=__doc__,
        epilog="A release that is so many points worse is so on average; its own set may say otherwise.",
    )
    parser.add_argument("--errors", type=Path, required=True, metavar="TSV", help="the table of word errors")
    parser.add_argument("--golden", type=Path, metavar="DIR", help="the set; else all clips of the table")
    parser.add_argument(
        "--stable", default="baseline", metavar="VERSION", help="its stable column (%(default)s)"
    )
    parser.add_argument("--margin", type=float, default=0.01, help="in errors per word (%(default)s)")
    parser.add_argument("--repetitions", type=int, default=2000, help="releases a kind (%(default)s)")
    parser.add_argument("--min-pairs", type=int, default=50, help="clips that a pass needs (%(default)s)")
    add_estimand(parser)
    parser.add_argument("--seed", type=int, default=1, help="of everything drawn (%(default)s)")
    parser.add_argument(
        "--picture", type=Path, metavar="PNG", help="draw it as well (needs the extra `demo`)"
    )
    parser.set_defaults(run=_run)
    return parser


def _run(options: argparse.Namespace) -> int:
    recorded = read_recorded(options.errors, options.stable)
    if options.golden:
        recorded = of_golden_set(
            recorded, read_golden_set("golden", golden_folder("--golden", options.golden))
        )
    alphas, estimand = Alphas(options.alpha_fail, options.alpha_pass), Estimand(options.estimand)
    policy = Policy(options.margin, alphas, options.min_pairs, estimand)
    settings = SimulationOptions(policy, options.repetitions, options.seed)
    here = list(on_this_set(recorded, settings))
    sys.stdout.write(table([t for t, _ in here]) + "\n\n")
    for points in POINTS:
        if points and not large_enough(recorded, points):
            sys.stdout.write(
                f"No recorded version is {points:g} points worse: no such release can be made.\n"
            )
    good = here[0][0].aborted
    sys.stdout.write(f"A good release is aborted in {good.share:.1%} (at most {good.at_most:.1%}).\n")
    found = list(sizes(recorded, replace(settings, seed=settings.seed + 1)))
    sys.stdout.write(advice(found, len(recorded.words), options.margin) + "\n")
    if options.picture:
        # Here, not above: the referee's image has no matplotlib.
        from rollout_policies.simulate_picture import draw

        draw(here, found, options.picture)
    return 0
