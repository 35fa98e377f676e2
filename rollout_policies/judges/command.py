"""`evidence`: compares the judges on recorded errors and times and writes what came out; exit 0 if it ran."""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from rollout_policies.arguments import made_folder
from rollout_policies.judges.bars import bars, time_bars
from rollout_policies.judges.compare import CompareOptions, Judged, compare, tuned_peers
from rollout_policies.judges.oracle import how_soon
from rollout_policies.judges.subject import POINTS, of_errors, of_times
from rollout_policies.judges.table import Part, as_tsv, bars_table, report
from rollout_policies.recorded_errors import read_recorded
from rollout_policies.recorded_times import read_times
from rollout_policies.sequential import Alphas
from rollout_policies.simulated_walks import Policy

# To rank times takes Kayenta's judge ten times as long as to rank word errors.
TIMED_BY_PEERS = 2000


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add `evidence` to the room's commands and return its parser."""
    parser = commands.add_parser(
        "evidence",
        help="compare this judge with others on recorded errors and times: docs/evidence.md",
        description="Writes table.md, tallies.tsv, raw.jsonl (after how many clips each release ended) and "
        "evidence.png, and prints each bar, met or not.",
    )
    parser.add_argument("--errors", type=Path, required=True, metavar="TSV", help="the table of word errors")
    parser.add_argument(
        "--times", type=Path, required=True, metavar="TSV", help="the table of inference times"
    )
    parser.add_argument(
        "--stable", default="baseline", metavar="VERSION", help="its stable column (%(default)s)"
    )
    parser.add_argument("--clips", type=int, help="clips of each set, drawn from the recorded (as many)")
    parser.add_argument("--repetitions", type=int, default=10_000, help="releases a kind (%(default)s)")
    parser.add_argument("--margin", type=float, default=0.01, help="in errors per word (%(default)s)")
    parser.add_argument(
        "--latency-margin", type=float, default=1.25, help="a factor of inference times (%(default)s)"
    )
    parser.add_argument("--min-pairs", type=int, default=50, help="clips that a pass needs (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of everything drawn (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("build/evidence"), metavar="DIR", help="(%(default)s)"
    )
    parser.set_defaults(run=_run)
    return parser


def _run(options: argparse.Namespace) -> int:
    began = time.monotonic()
    out = made_folder("--out", options.out)

    def say(what: str) -> None:
        sys.stderr.write(f"evidence: {time.monotonic() - began:5.0f} s  {what}\n")

    recorded = read_recorded(options.errors, options.stable)
    alphas = Alphas(options.alpha_fail, options.alpha_pass)
    policy = Policy(options.margin, alphas, options.min_pairs)
    errors = of_errors(recorded, policy)
    times = of_times(read_times(options.times), policy, options.latency_margin)
    settings = CompareOptions(options.clips or len(recorded.words), options.repetitions, seed=options.seed)
    timed = replace(settings, to_correct=TIMED_BY_PEERS // 2, most_of_peers=TIMED_BY_PEERS)
    parts, judged = [], []
    with (out / "raw.jsonl").open("w", encoding="utf-8") as raw:
        for name, subject, of in (("Word errors", errors, settings), ("Inference times", times, timed)):
            peers = tuned_peers(subject, of, say)
            tallies = []
            for one in compare(subject, peers, of, say):
                judged.append(one)
                tallies.append(one.tally)
                raw.write(json.dumps(_raw(one)) + "\n")
            parts.append(Part(name, subject, peers, tallies))
    limits = list(how_soon(errors, settings, say))
    found = bars(parts[0].tallies, errors.margin) + time_bars(parts[1].tallies)
    notes = [
        f"{settings.repetitions} releases a kind (times: {timed.most_of_peers} at most for peers) on sets of "
        f"{settings.clips} clips drawn from {len(recorded.words)}; "
        f"margins {errors.margin:g} points and {times.say(times.margin)}; "
        f"alpha {alphas.fail:g} to fail, {alphas.passing:g} to pass; "
        f"at least {options.min_pairs} clips to pass.",
        f"It took {(time.monotonic() - began) / 60:.1f} minutes.",
    ]
    (out / "table.md").write_text(report(parts, limits, found, notes) + "\n", encoding="utf-8")
    tallied = [tally for part in parts for tally in part.tallies]
    (out / "tallies.tsv").write_text(as_tsv(tallied), encoding="utf-8")
    _draw(judged, out / "evidence.png")
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
