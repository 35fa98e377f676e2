"""`python -m bench`: every round, then tables, a picture, and each bar met or not; exit 0 if it ran."""

import json
import os
import platform
import sys
import time
from dataclasses import asdict
from typing import Any, TextIO

from bench import whisper
from bench.bars import judge
from bench.clips import Clip, choose_clips
from bench.errors import BenchError, SubjectError
from bench.options import Options, estimate_seconds, parse_options
from bench.picture import draw
from bench.rounds import Rounds
from bench.subjects import BARE_PROCESSES, ONE_PROCESS
from bench.summary import sentences, summarise
from bench.table import report
from bench.yardstick import BareEngine

# A cluster at rest takes an eighth of two cores; what is more competes with what is measured.
QUIET_LOAD = 0.5


class Records:
    """Raw results, one JSON a line, written as they come."""

    def __init__(self, file: TextIO):
        self._file = file
        self.all: list[dict[str, Any]] = []

    def __call__(self, number: int, subject: str, measure: str, **found: Any) -> None:
        """Keep one result of a round."""
        raw = {"round": number, "subject": subject, "measure": measure, **found}
        self.all.append(raw)
        self._file.write(json.dumps(raw) + "\n")
        self._file.flush()


def main(arguments: list[str]) -> int:
    """Run and report; 1 where it could not run."""
    options = parse_options(arguments)
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"bench: {time.monotonic() - began:5.0f} s  {what}", file=sys.stderr, flush=True)

    try:
        clips = choose_clips(options.golden, options.seed)
        options.out.mkdir(parents=True, exist_ok=True)
        say(f"about {estimate_seconds(options) / 60:.0f} minutes on an idle machine")
        with (options.out / "raw.jsonl").open("w", encoding="utf-8") as file:
            records = Records(file)
            notes = _measure(options, clips, records, say)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    _report(options, clips, records.all, [*notes, f"It took {(time.monotonic() - began) / 60:.1f} minutes."])
    return 0


def _measure(options: Options, clips: list[Clip], records: Records, say: Any) -> list[str]:
    notes = [*_doubts(options), _machine(options)]
    bare = BareEngine(options.predictor_python, options.model, clips)
    try:
        notes.append(
            f"Decoding and resampling a clip takes {bare.decode_seconds * 1e3:.1f} ms; it counts as overhead."
        )
        Rounds(options, clips, bare, records).run(say)
    finally:
        bare.close()
    if "whisper" in options.measures:
        say("Whisper beside faster-whisper's own loop")
        try:
            whisper.measure(options, clips[: options.timing.whisper_clips], records, options.timing.rounds)
        except SubjectError as error:
            records(0, whisper.NAME, "failed", sentence=str(error))
    return notes


def _machine(options: Options) -> str:
    python = platform.python_version()
    rounds = f"seed {options.seed}, {options.timing.rounds} rounds"
    return f"{os.cpu_count()} cores, {platform.platform()}, Python {python}; {rounds}."


def _doubts(options: Options) -> list[str]:
    """Why the numbers may mean nothing."""
    doubts = ["NO RESULT: --quick is for trying it out."] if options.timing.quick else []
    busy = os.getloadavg()[0]
    if busy > QUIET_LOAD:
        doubts.append(f"DOUBTFUL: the load average was {busy:.2f} before the run, not below {QUIET_LOAD:g}.")
    return doubts


def _report(options: Options, clips: list[Clip], raw: list[dict[str, Any]], notes: list[str]) -> None:
    summary, out = summarise(raw), options.out
    judged = judge(summary)
    notes += [*sentences(raw, "failed"), *sentences(raw, "not run")]
    names = [BARE_PROCESSES, *(subject.name for subject in options.subjects)]
    page = report(summary, judged, clips, notes, [*names, ONE_PROCESS.name])
    (out / "table.md").write_text(page, encoding="utf-8")
    found = {
        "summary": {name: {key: asdict(one) for key, one in each.items()} for name, each in summary.items()},
        "bars": [{**asdict(one.bar), "verdict": one.verdict} for one in judged],
        "clips": [{"name": clip.name, "seconds": clip.seconds} for clip in clips],
        "notes": notes,
    }
    (out / "summary.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    draw(summary, names, out / "benchmark.png")
    print(page)
    print(f"\nbench: raw.jsonl, summary.json, table.md and benchmark.png are in {out}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
