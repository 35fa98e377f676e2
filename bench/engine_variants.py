"""What would make the engine faster: `python -m bench.engine_variants` prints two tables.

Two questions, both of Moonshine's ONNX files alone, with no server: how to decode (each clip alone, or two in
step), in processor time a clip, with the clips of which another thing was heard; and how to use two cores
(threads, processes, threads within an inference), in clips a second.
"""

import argparse
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.bare import Hearing
from bench.clips import choose_clips, decks
from bench.yardstick import BareEngine
from model_server.engines.engine import Hypothesis
from model_server.engines.moonshine_values import ROWS
from model_server.waveform import Waveform

Hear = Callable[[Waveform], Iterator[Hypothesis]]
# The words, and how sure the decoder was of them.
Heard = tuple[str, float | None]


def alone(hear: Hear, waveforms: Sequence[Waveform]) -> list[Heard]:
    """One clip after the other."""
    return [_final(deque(hear(waveform), maxlen=1)[0]) for waveform in waveforms]


def in_step(hear: Hear, waveforms: Sequence[Waveform]) -> list[Heard]:
    """Two clips at a time, a step of each in turn; when one ends the next one begins."""
    waiting = deque(enumerate(waveforms))
    running: deque[tuple[int, Iterator[Hypothesis]]] = deque()
    heard: dict[int, Heard] = {}
    while waiting or running:
        while waiting and len(running) < ROWS:
            number, waveform = waiting.popleft()
            running.append((number, hear(waveform)))
        number, hypotheses = running.popleft()
        hypothesis = next(hypotheses, None)
        if hypothesis is not None:
            heard[number] = _final(hypothesis)
            running.append((number, hypotheses))
    return [heard[number] for number in range(len(waveforms))]


def _final(hypothesis: Hypothesis) -> Heard:
    return hypothesis.text, hypothesis.confidence


def decoder_rows(hear: Hear, waveforms: Sequence[Waveform], rounds: int) -> list[str]:
    """A row a way to decode: processor milliseconds a clip, and how many clips were heard otherwise."""
    ways = {"each clip alone": alone, "two clips in step": in_step}
    plain = alone(hear, waveforms)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    differing: dict[str, int] = {}
    for _ in range(rounds):
        for name, decode in ways.items():
            began = time.process_time()
            found = decode(hear, waveforms)
            taken[name].append((time.process_time() - began) / len(waveforms) * 1e3)
            differing[name] = sum(one != other for one, other in zip(found, plain, strict=True))
    return [f"| {name} | {_show(each)} | {differing[name]} of {len(plain)} |" for name, each in taken.items()]


def core_rows(bare: BareEngine, wide: BareEngine, clips: int, rounds: int, seconds: float) -> list[str]:
    """A row a way to use two cores: clips a second, and the ratio to two threads in the same round."""
    order = decks(clips, 1, 5000)
    ways: dict[str, Callable[[], float]] = {
        "1 process, 2 threads": lambda: bare.two_threads(seconds, 0.5, order),
        "2 processes, 1 thread each": lambda: bare.two_processes(seconds, 0.5, order),
        "1 process, 1 thread, 2 within an inference": lambda: wide.one_thread(seconds, 0.5, order),
    }
    speeds = [{name: measure() for name, measure in ways.items()} for _ in range(rounds)]
    plain = next(iter(ways))
    return [
        f"| {name} | {_show([speed[name] for speed in speeds])} | "
        f"{_show([speed[name] / speed[plain] for speed in speeds])} |"
        for name in ways
    ]


def _show(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}-{max(values):.2f}]"


def main(arguments: list[str]) -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine_variants", allow_abbrev=False)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--golden", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--clips", type=int, default=120, help="clips that are decoded")
    given = parser.parse_args(arguments)
    clips = choose_clips(given.golden, 4, given.clips)
    hearing = Hearing(given.model)
    waveforms = [hearing.decode(clip.path.read_bytes()) for clip in clips]
    print("| clips | processor time a clip [ms] | heard otherwise than alone |\n|---|---|---|")
    print("\n".join(decoder_rows(hearing.hypotheses, waveforms, given.rounds)), flush=True)
    bare = BareEngine(sys.executable, given.model, clips[:30])
    wide = BareEngine(sys.executable, given.model, clips[:30], threads_within=2, processes=1)
    try:
        rows = core_rows(bare, wide, 30, given.rounds, given.seconds)
    finally:
        bare.close()
        wide.close()
    print("\n| two cores | clips/s | of 1 process, 2 threads |\n|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
