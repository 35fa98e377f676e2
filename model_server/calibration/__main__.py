"""`python -m model_server.calibration --model DIR --set DIR`: what model.yaml should say of confidence."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import yaml

from model_server.arguments import readable
from model_server.artefact.manifest import MANIFEST, Artefact, read_manifest
from model_server.audio import read_header
from model_server.calibration import fit as fitting
from model_server.calibration.labelled_set import LabelledClip, LabelledSetError, read_set, set_digest
from model_server.content import Content
from model_server.errors import ArtefactError, OptionError, RefusedError
from model_server.faults import NO_FAULTS
from model_server.pipeline import Recogniser, StageOptions
from model_server.self_test import load_recogniser, spoken_words

MAX_CLIP_SECONDS = 600.0
FOLDS, SEED = 5, 20261124


def main(arguments: list[str]) -> int:
    """Fit, report, draw; 0, or with the reason on stderr 2 for a wrong argument and 1 for the rest."""
    options = _parser().parse_args(arguments)
    try:
        readable("--model", options.model, f"a model's folder with its {MANIFEST}", MANIFEST)
        readable("--set", options.set, "a labelled set's folder with its manifest.jsonl", "manifest.jsonl")
        # Before the clips are heard: what could not be kept would be lost.
        options.out.mkdir(parents=True, exist_ok=True)
        artefact = read_manifest(options.model)
        clips = read_set(options.set)
        raw, right = hear_all(_recogniser(artefact, options.threads), clips)
        report = calibrate(raw, right) | {
            "model_digest": artefact.digest,
            "set_digest": set_digest(options.set),
        }
    except (ArtefactError, LabelledSetError, OptionError, OSError, RefusedError, ValueError) as error:
        print(f"model_server.calibration: {error}", file=sys.stderr)
        return 2 if isinstance(error, OptionError) else 1
    rows = [{"raw": confidence, "right": bool(good)} for confidence, good in zip(raw, right, strict=True)]
    (options.out / "confidence.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (options.out / "confidence.json").write_text(json.dumps(report, indent=2) + "\n")
    _draw(options.out / "confidence.png", f"{artefact.name} {artefact.version}, {len(raw)} clips", raw, right)
    _tell(report, options.out)
    return 0


def hear_all(recogniser: Recogniser, clips: list[LabelledClip]) -> tuple[fitting.Numbers, fitting.Numbers]:
    """Each clip's raw confidence, and 1 where it was heard without a word error, else 0."""
    raw, right = [], []
    for number, clip in enumerate(clips, start=1):
        sound = read_header(Content.of(clip.path.read_bytes()), MAX_CLIP_SECONDS)
        transcript, _ = recogniser.transcribe(sound, NO_FAULTS, clip.path.name)
        if transcript.confidence is not None:
            raw.append(transcript.confidence)
            right.append(spoken_words(transcript.text) == spoken_words(clip.text))
        if sys.stderr.isatty() or number % 100 == 0 or number == len(clips):
            print(f"\rheard {number} of {len(clips)} clips", end="", file=sys.stderr)
    print(file=sys.stderr)
    return np.array(raw), np.array(right, dtype=float)


def calibrate(raw: fitting.Numbers, right: fitting.Numbers) -> dict[str, object]:
    """The map and how well it holds, by utterances it was not fitted on."""
    good = right.astype(bool)
    fitted = fitting.fit(raw, good)
    calibrated = fitting.held_out(raw, good, FOLDS, SEED)
    half = fitting.review_rates(calibrated, good, 0.5)
    return {
        "clips": len(raw),
        "without_word_error_ratio": float(right.mean()),
        "intercept": round(fitted.intercept, 4),
        "slope": round(fitted.slope, 4),
        "calibration_error_raw": fitting.calibration_error(fitting.bins(raw, good)),
        "calibration_error_held_out": fitting.calibration_error(fitting.bins(calibrated, good)),
        "ranking": fitting.ranking(raw, good),
        "reviewed_ratio_at_half": half[0],
        "wrong_caught_ratio_at_half": half[1],
    }


def _recogniser(artefact: Artefact, threads: int) -> Recogniser:
    options = StageOptions(artefact.sample_rate, artefact.limits.max_segment_seconds, vad_mode=1)
    # Raw: a map that model.yaml has already would be fitted again.
    return load_recogniser(artefact, threads, options)


def _draw(path: Path, title: str, raw: fitting.Numbers, right: fitting.Numbers) -> None:
    try:
        from model_server.calibration.plot import draw
    except ImportError as error:
        print(f"no picture: {error.name} is not installed here", file=sys.stderr)
        return
    good = right.astype(bool)
    calibrated = fitting.held_out(raw, good, FOLDS, SEED)
    draw(path, title, fitting.bins(raw, good), fitting.bins(calibrated, good), calibrated, right)


def _tell(report: dict[str, object], out: Path) -> None:
    for name, value in report.items():
        print(f"{name}: {value:.4f}" if isinstance(value, float) else f"{name}: {value}")
    entry = {"intercept": report["intercept"], "slope": report["slope"], "set_digest": report["set_digest"]}
    print(f"\nfor model.yaml:\n{yaml.safe_dump({'confidence': entry}, sort_keys=False)}")
    print(f"figures, picture and raw data: {out}/confidence.*")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_server.calibration",
        description="Fit a model's confidence to the share of utterances it hears without a word error.",
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, metavar="DIR", help="the model's folder")
    add("--set", type=Path, required=True, metavar="DIR", help="a labelled set: manifest.jsonl and its audio")
    add(
        "--out",
        type=Path,
        default=Path("build/calibration"),
        metavar="DIR",
        help="default: build/calibration",
    )
    add("--threads", type=int, default=1, metavar="N", help="threads of the engine (default: 1)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
