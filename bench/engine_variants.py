"""What would make the engine faster: `python -m bench.engine_variants` prints two tables.

Two questions, both of Moonshine's ONNX files alone, with no server: how to use two cores (threads, processes,
threads within an inference), in clips a second; and how to run the decoder (outputs left out, ONNX Runtime's
own values kept between steps, clips decoded in step), in processor time a clip. Every variant's tokens are
compared with those of the plain one: the files quantise activations by the greatest of a whole batch, so that
a clip's neighbours can change its words.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bench.bare import Hearing
from bench.clips import choose_clips, decks
from bench.yardstick import BareEngine
from model_server.engines.tokens import END, START

Tokens = list[int]
SAMPLE_RATE = 16000
SPARE_TOKENS, TOKENS_PER_SECOND = 4, 6.5  # as the engine and its model.yaml have it
HEADS, WIDTH = 8, 36


@dataclass(frozen=True)
class Encoded:
    """A clip that the encoder has heard: states (1, steps, 288) and the mask of its audio (1, samples)."""

    hidden: NDArray[np.float32]
    mask: NDArray[np.int64]

    @property
    def limit(self) -> int:
        """The most tokens it may have."""
        return SPARE_TOKENS + int(self.mask.shape[1] / SAMPLE_RATE * TOKENS_PER_SECOND)


class Decoders:
    """The ways to run the merged decoder; each gives the tokens of clips."""

    def __init__(self, model: Path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._encoder = onnxruntime.InferenceSession(str(model / "encoder_model.ort"), options)
        self._decoder = onnxruntime.InferenceSession(str(model / "decoder_model_merged.ort"), options)
        self._past = [i.name for i in self._decoder.get_inputs() if i.name.startswith("past_key_values.")]
        self._all = [output.name for output in self._decoder.get_outputs()]
        self._growing = [name for name in self._all if ".encoder." not in name]

    def encode(self, waveform: NDArray[np.float32]) -> Encoded:
        """Run the encoder."""
        samples = waveform[np.newaxis, :]
        mask = np.ones(samples.shape, np.int64)
        return Encoded(self._encoder.run(None, {"input_values": samples, "attention_mask": mask})[0], mask)

    def every_output(self, clips: Sequence[Encoded]) -> list[Tokens]:
        """Each step returns all keys and values, the encoder's too."""
        return [self._together([clip], self._all)[0] for clip in clips]

    def growing_outputs(self, clips: Sequence[Encoded]) -> list[Tokens]:
        """Each step after the first returns only what grew."""
        return [self._together([clip], self._growing)[0] for clip in clips]

    def ort_values(self, clips: Sequence[Encoded]) -> list[Tokens]:
        """What grew stays in ONNX Runtime's own values; only the logits become numpy's."""
        return [self._one_by_values(clip) for clip in clips]

    def in_step(self, clips: Sequence[Encoded], size: int) -> list[Tokens]:
        """`size` clips are decoded in step, the shorter ones padded; one that ends leaves the batch."""
        parts = [clips[first : first + size] for first in range(0, len(clips), size)]
        return [tokens for part in parts for tokens in self._together(part, self._growing)]

    def _together(self, clips: Sequence[Encoded], later: list[str]) -> list[Tokens]:
        hidden, mask = _pad(clips)
        kept = self._nothing(len(clips), hidden.shape[1])
        last = np.full((len(clips), 1), START, np.int64)
        tokens: list[Tokens] = [[] for _ in clips]
        living = list(range(len(clips)))
        for step in range(max(clip.limit for clip in clips)):
            wanted = self._all if step == 0 else later
            result = self._decoder.run(wanted, {**_feed(last, hidden, mask, step), **kept})
            for name, value in zip(wanted, result, strict=True):
                if name != "logits" and (step == 0 or ".encoder." not in name):
                    kept[_past_of(name)] = value
            chosen = result[wanted.index("logits")][:, -1].argmax(-1)
            stay = []
            for row, clip in enumerate(living):
                if chosen[row] != END and len(tokens[clip]) < clips[clip].limit:
                    tokens[clip].append(int(chosen[row]))
                    stay.append(row)
            if not stay:
                break
            if len(stay) < len(living):
                living = [living[row] for row in stay]
                hidden, mask = hidden[stay], mask[stay]
                kept = {name: value[stay] for name, value in kept.items()}
            last = chosen[stay][:, np.newaxis].astype(np.int64)
        return tokens

    def _one_by_values(self, clip: Encoded) -> Tokens:
        value = onnxruntime.OrtValue.ortvalue_from_numpy
        kept = {name: value(empty) for name, empty in self._nothing(1, clip.hidden.shape[1]).items()}
        hidden, mask = value(clip.hidden), value(clip.mask)
        tokens: Tokens = []
        for step in range(clip.limit):
            last = np.array([[tokens[-1] if tokens else START]], np.int64)
            feed = _feed(value(last), hidden, mask, step)
            feed["use_cache_branch"] = value(feed["use_cache_branch"])
            wanted = self._all if step == 0 else self._growing
            result = dict(
                zip(wanted, self._decoder.run_with_ort_values(wanted, {**feed, **kept}), strict=True)
            )
            token = int(result.pop("logits").numpy()[0, -1].argmax())
            if token == END:
                break
            tokens.append(token)
            kept.update({_past_of(name): one for name, one in result.items()})
        return tokens

    def _nothing(self, clips: int, steps: int) -> dict[str, Any]:
        lengths = {name: steps if ".encoder." in name else 0 for name in self._past}
        return {name: np.zeros((clips, HEADS, many, WIDTH), np.float32) for name, many in lengths.items()}


def _pad(clips: Sequence[Encoded]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    steps = max(clip.hidden.shape[1] for clip in clips)
    samples = max(clip.mask.shape[1] for clip in clips)
    hidden = [np.pad(clip.hidden, ((0, 0), (0, steps - clip.hidden.shape[1]), (0, 0))) for clip in clips]
    mask = [np.pad(clip.mask, ((0, 0), (0, samples - clip.mask.shape[1]))) for clip in clips]
    return np.concatenate(hidden), np.concatenate(mask)


def _feed(last: Any, hidden: Any, mask: Any, step: int) -> dict[str, Any]:
    return {
        "input_ids": last,
        "encoder_hidden_states": hidden,
        "encoder_attention_mask": mask,
        "use_cache_branch": np.array([step > 0]),
    }


def _past_of(output: str) -> str:
    return f"past_key_values{output.removeprefix('present')}"


def decoder_rows(decoders: Decoders, clips: Sequence[Encoded], rounds: int) -> list[str]:
    """A row a way to decode: processor milliseconds a clip, and the clips whose tokens differ."""
    ways: dict[str, Callable[[], list[Tokens]]] = {
        "every output as numpy": lambda: decoders.every_output(clips),
        "only what grew, as numpy": lambda: decoders.growing_outputs(clips),
        "only what grew, as OrtValue": lambda: decoders.ort_values(clips),
        "2 clips in step": lambda: decoders.in_step(clips, 2),
        "4 clips in step": lambda: decoders.in_step(clips, 4),
    }
    plain = decoders.every_output(clips)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    differing: dict[str, int] = {}
    for _ in range(rounds):
        for name, decode in ways.items():
            began = time.process_time()
            found = decode()
            taken[name].append((time.process_time() - began) / len(clips) * 1e3)
            differing[name] = sum(one != other for one, other in zip(found, plain, strict=True))
    return [f"| {name} | {_show(each)} | {differing[name]} of {len(clips)} |" for name, each in taken.items()]


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
    parser.add_argument("--clips", type=int, default=120, help="clips whose tokens are compared")
    given = parser.parse_args(arguments)
    clips = choose_clips(given.golden, 4, given.clips)
    hearing, decoders = Hearing(given.model), Decoders(given.model)
    encoded = [decoders.encode(hearing.decode(clip.path.read_bytes())) for clip in clips]
    print("| the decoder | processor time a clip [ms] | other tokens |\n|---|---|---|")
    print("\n".join(decoder_rows(decoders, encoded, given.rounds)), flush=True)
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
