"""The command line, read and checked once: `python -m bench --help` is its reference."""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from bench.errors import OptionError
from bench.subjects import Subject, chosen

MEASURES = ("start", "overhead", "saturation", "overload", "whisper")


@dataclass(frozen=True)
class Timing:
    """How long each measure lasts, in seconds, and how often."""

    rounds: int
    warm_seconds: float
    slices: int
    slice_seconds: float
    overload_seconds: float
    ours_overload_seconds: float
    peer_overload_rounds: int
    overhead_clips: int
    whisper_clips: int
    quick: bool = False


@dataclass(frozen=True)
class Options:
    """Everything the benchmark was asked for."""

    model: Path
    golden: Path
    predictor_python: str
    whisper_image: str
    whisper_model: Path
    out: Path
    seed: int
    subjects: tuple[Subject, ...]
    measures: tuple[str, ...]
    timing: Timing


def parse_options(arguments: list[str]) -> Options:
    """The options; a mistake ends the process with status 2 and a sentence on stderr."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        subjects = tuple(chosen(given.subjects))
    except OptionError as error:
        parser.error(str(error))
    return Options(
        model=given.model,
        golden=given.golden,
        predictor_python=str(given.predictor_python),
        whisper_image=given.whisper_image,
        whisper_model=given.whisper_model,
        out=given.out,
        seed=given.seed,
        subjects=subjects,
        measures=tuple(given.only) or MEASURES,
        timing=_timing(given),
    )


def _timing(given: argparse.Namespace) -> Timing:
    if given.quick:
        return Timing(given.rounds or 1, 0.5, 2, 1.5, 4.0, 4.0, 1, 8, 2, quick=True)
    return Timing(
        rounds=given.rounds or 5,
        warm_seconds=0.5,
        slices=4,
        slice_seconds=2.5,
        overload_seconds=20.0,
        ours_overload_seconds=60.0,
        peer_overload_rounds=given.peer_overload_rounds,
        overhead_clips=30,
        whisper_clips=5,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the predictor beside its peers. A benchmark judges nothing by its exit status.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, metavar="DIR", help="Moonshine's folder, with its model.yaml")
    add("--golden", type=Path, required=True, metavar="DIR", help="an assembled golden set")
    add("--predictor-python", type=Path, required=True, metavar="FILE", help="the predictor's interpreter")
    add("--whisper-image", default="", metavar="NAME", help="image of the predictor with the torch engine")
    add("--whisper-model", type=Path, default=Path(), metavar="DIR", help="Whisper's folder for that image")
    add("--out", type=Path, default=Path("build/bench"), metavar="DIR", help="results (default: build/bench)")
    add("--seed", type=int, default=4, metavar="N", help="of clips and orders (default: 4)")
    add("--rounds", type=_whole, metavar="N", help="rounds (default: 5; 1 with --quick)")
    add(
        "--peer-overload-rounds", type=_whole, default=1, metavar="N", help="overloads of a peer (default: 1)"
    )
    add("--subjects", type=_list, default=[], metavar="A,B", help="servers (default: all)")
    add("--only", type=_measures, default=[], metavar="A,B", help=f"of {', '.join(MEASURES)} (default: all)")
    add("--quick", action="store_true", help="a minute or two, to see that it works: no result")
    return parser


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 100, not {text!r}")
    return int(text)


def _list(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _measures(text: str) -> list[str]:
    names = _list(text)
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise argparse.ArgumentTypeError(f"must be of {', '.join(MEASURES)}, not {unknown[0]!r}")
    return names


def estimate_seconds(options: Options) -> float:
    """About how long it takes: starts of 4 s, and a peer's last requests given up after 10 s."""
    timing, peers = options.timing, [subject for subject in options.subjects if not subject.ours]
    ours = [subject for subject in options.subjects if subject.ours]
    slices = timing.slices * 2 * (timing.slice_seconds + timing.warm_seconds)
    steady = 4 + timing.overhead_clips * 0.16 + timing.warm_seconds + slices
    load = min(timing.peer_overload_rounds, timing.rounds) * len(peers) * (timing.overload_seconds + 11)
    own = timing.rounds * (5 + 2 * (timing.ours_overload_seconds + 2)) if ours else 0.0
    every = timing.rounds * (len(options.subjects) * steady + slices)
    return math.ceil(every + (load + own if "overload" in options.measures else 0.0))
