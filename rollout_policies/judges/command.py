"""`evidence`: compares the judges on recorded errors and writes what came out; exit 0 if it ran."""

import argparse
import json
import sys
import time
from pathlib import Path

from rollout_policies.judges.bars import bars
from rollout_policies.judges.compare import POINTS, CompareOptions, Judged, compare, tuned_peers
from rollout_policies.judges.table import as_tsv, bars_table, report
from rollout_policies.recorded_errors import read_recorded
from rollout_policies.sequential import Alphas
from rollout_policies.simulated_walks import Policy


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add `evidence` to the room's commands and return its parser."""
    parser = commands.add_parser(
        "evidence",
        help="compare this judge with others on recorded errors: docs/evidence.md",
        description="Writes table.md, tallies.tsv, raw.jsonl (after how many clips each release ended) and "
        "evidence.png, and prints each bar, met or not.",
    )
    parser.add_argument("--errors", type=Path, required=True, metavar="TSV", help="the table of word errors")
    parser.add_argument(
        "--stable", default="baseline", metavar="VERSION", help="its stable column (%(default)s)"
    )
    parser.add_argument("--clips", type=int, help="clips of each set, drawn from the recorded (as many)")
    parser.add_argument("--repetitions", type=int, default=10_000, help="releases a kind (%(default)s)")
    parser.add_argument("--margin", type=float, default=0.01, help="in errors per word (%(default)s)")
    parser.add_argument("--min-pairs", type=int, default=50, help="clips that a pass needs (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of everything drawn (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("build/evidence"), metavar="DIR", help="(%(default)s)"
    )
    parser.set_defaults(run=_run)
    return parser


def _run(options: argparse.Namespace) -> int:
    began = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"evidence: {time.monotonic() - began:5.0f} s  {what}\n")

    recorded = read_recorded(options.errors, options.stable)
    alphas = Alphas(options.alpha_fail, options.alpha_pass)
    settings = CompareOptions(
        options.clips or len(recorded.words),
        options.repetitions,
        seed=options.seed,
        policy=Policy(options.margin, alphas, options.min_pairs),
    )
    peers = tuned_peers(recorded, settings, say)
    options.out.mkdir(parents=True, exist_ok=True)
    judged = []
    with (options.out / "raw.jsonl").open("w", encoding="utf-8") as raw:
        for one in compare(recorded, peers, settings, say):
            judged.append(one)
            raw.write(json.dumps(_raw(one)) + "\n")
    tallies = [one.tally for one in judged]
    found = bars(tallies, 100 * options.margin)
    notes = [
        f"{settings.repetitions} releases a kind on sets of {settings.clips} clips drawn from "
        f"{len(recorded.words)}; margin {100 * options.margin:g} points; "
        f"alpha {alphas.fail:g} to fail, {alphas.passing:g} to pass; "
        f"at least {options.min_pairs} clips to pass.",
        f"It took {(time.monotonic() - began) / 60:.1f} minutes.",
    ]
    (options.out / "table.md").write_text(report(tallies, found, peers, notes) + "\n", encoding="utf-8")
    (options.out / "tallies.tsv").write_text(as_tsv(tallies), encoding="utf-8")
    _draw(judged, options.out / "evidence.png")
    sys.stdout.write(bars_table(found) + "\n")
    return 0


def _raw(one: Judged) -> dict[str, object]:
    return {
        "judge": one.tally.judge,
        "change": one.tally.change,
        "clips": one.endings.clips,
        "failed_after": one.endings.failed_after.tolist(),
        "passed_after": one.endings.passed_after.tolist(),
    }


def _draw(judged: list[Judged], to: Path) -> None:
    # Here, not above: the referee's image has no matplotlib.
    from rollout_policies.judges.picture import draw

    wanted = {f"+{points:g}" for points in POINTS if points != 1.2}
    draw(judged, [one for one in dict.fromkeys(j.tally.change for j in judged) if one in wanted], to)
