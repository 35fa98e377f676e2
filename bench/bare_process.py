"""The bare engine in a process of its own, told on stdin what to do and silent in between.

`python -m bench.bare_process MODEL THREADS CLIP...` answers each line of JSON with one: {"clip": 3} with the
seconds and text of that clip, {"threads": 2, "seconds": 10, "order": [...]} with the times of completions,
on the system's monotonic clock, so that those of two processes may be joined. Knows no server.
"""

import itertools
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench.bare import Hearing
from model_server.waveform import Waveform


def one(hearing: Hearing, waveform: Waveform) -> dict[str, Any]:
    """Seconds and text of one clip."""
    began = time.perf_counter()
    text = hearing.transcribe(waveform)
    return {"seconds": time.perf_counter() - began, "text": text}


def saturate(
    hearing: Hearing, waveforms: list[Waveform], threads: int, seconds: float, order: list[int]
) -> dict[str, Any]:
    """Completions of threads that take clip after clip from one order until the time is over."""
    clips = itertools.cycle(order)  # next() of it is atomic
    completions: list[float] = []
    began = time.monotonic()

    def work() -> None:
        while time.monotonic() - began < seconds:
            hearing.transcribe(waveforms[next(clips)])
            completions.append(time.monotonic())

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"began": began, "completions": completions}


def main(model: Path, threads_within: int, clips: list[Path]) -> None:
    """Serve stdin until it ends."""
    hearing = Hearing(model, threads_within)
    contents = [path.read_bytes() for path in clips]
    waveforms = [hearing.decode(content) for content in contents]
    hearing.transcribe(waveforms[0])
    began = time.perf_counter()
    for content in contents:
        hearing.decode(content)
    print(json.dumps({"decode_seconds": (time.perf_counter() - began) / len(contents)}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "clip" in asked:
            answer = one(hearing, waveforms[asked["clip"]])
        else:
            answer = saturate(hearing, waveforms, asked["threads"], asked["seconds"], asked["order"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
