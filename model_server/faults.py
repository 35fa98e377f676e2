"""Faults on purpose: the switches that make a release slow, broken or wrong so that rollbacks can be tested.

Off unless `--fault NAME=VALUE` is given. Pure functions of the switches, the waveform and the request's
id: the same request under the same seed has the same fate. Knows nothing of HTTP, threads or models.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from model_server.errors import OptionError
from model_server.waveform import Waveform

TRAFFIC = ("all", "user", "probe")
# A slow engine's steps: others have theirs between.
NAP_SECONDS = 0.1


@dataclass(frozen=True)
class Faults:
    """What goes wrong, and for whose requests; the defaults do nothing."""

    inference_delay_seconds: float = 0.0
    inference_slowdown: float = 1.0
    slow_from_seconds: float = 0.0
    error_ratio: float = 0.0
    cut_tail_seconds: float = 0.0
    clip_gain_db: float = 0.0
    vad_mode: int | None = None
    empty_ratio: float = 0.0
    traffic: str = "all"
    seed: int = 0

    def apply_to(self, traffic: str) -> bool:
        """Whether requests of this traffic ("user" or "probe") are hit."""
        return self.traffic in ("all", traffic)


NO_FAULTS = Faults()

# name: (type, lowest, highest); what is not here is not a fault.
NUMBERS: dict[str, tuple[type[int] | type[float], float, float]] = {
    "inference_delay_seconds": (float, 0, 60),
    "inference_slowdown": (float, 1, 100),
    "slow_from_seconds": (float, 0, 3600),
    "error_ratio": (float, 0, 1),
    "cut_tail_seconds": (float, 0, 60),
    "clip_gain_db": (float, -60, 60),
    "vad_mode": (int, 0, 3),
    "empty_ratio": (float, 0, 1),
    "seed": (int, 0, 2**31 - 1),
}


def parse_faults(switches: Iterable[str]) -> Faults:
    """The faults that NAME=VALUE switches ask for; an unknown name or value is an OptionError."""
    faults = NO_FAULTS
    for switch in switches:
        name, equals, value = switch.partition("=")
        if not equals:
            raise OptionError(f"a fault is NAME=VALUE, not {switch!r}; names: {', '.join(names())}")
        faults = _with(faults, name, value)
    return faults


def names() -> list[str]:
    """Every switch's name."""
    return [field.name for field in fields(Faults)]


def given(faults: Faults) -> dict[str, object]:
    """The switches that differ from the default, for the log."""
    return {
        field.name: getattr(faults, field.name)
        for field in fields(Faults)
        if getattr(faults, field.name) != field.default
    }


def chosen(ratio: float, name: str, faults: Faults, request_id: str) -> bool:
    """Whether this request is among the `ratio` of requests that the named fault hits."""
    digest = hashlib.sha256(f"{faults.seed}/{name}/{request_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < ratio


def damage(blocks: Iterable[Waveform], sample_rate: int, faults: Faults) -> Iterator[Waveform]:
    """A waveform's blocks without its tail and, after the gain, clipped hard at full scale."""
    cut = round(faults.cut_tail_seconds * sample_rate)
    gain = np.float32(10 ** (faults.clip_gain_db / 20))
    held = np.zeros(0, np.float32)
    for block in blocks:
        held = np.concatenate([held, block]) if cut else block
        passed = held[: max(len(held) - cut, 0)]
        held = held[len(passed) :]
        yield np.clip(passed * gain, -1.0, 1.0) if faults.clip_gain_db else passed


def naps(inference_seconds: float, clip_seconds: float, faults: Faults) -> Iterator[float]:
    """How long to sleep after an inference that really took `inference_seconds`, in parts of a step's length.

    Nothing for a short clip.
    """
    left = faults.inference_delay_seconds + (faults.inference_slowdown - 1) * inference_seconds
    if clip_seconds < faults.slow_from_seconds:
        return
    while left > 0:
        yield min(left, NAP_SECONDS)
        left -= NAP_SECONDS


def _with(faults: Faults, name: str, value: str) -> Faults:
    if name == "traffic":
        if value not in TRAFFIC:
            raise OptionError(f"fault traffic must be one of {', '.join(TRAFFIC)}, not {value!r}")
        return replace(faults, traffic=value)
    if name not in NUMBERS:
        raise OptionError(f"there is no fault {name!r}; names: {', '.join(names())}")
    kind, lowest, highest = NUMBERS[name]
    try:
        number = kind(value)
    except ValueError:
        number = kind(lowest) - 1
    if not lowest <= number <= highest:
        noun = "a whole number" if kind is int else "a number"
        raise OptionError(f"fault {name} must be {noun} from {lowest} to {highest}, not {value!r}")
    chosen_value: dict[str, Any] = {name: number}
    return replace(faults, **chosen_value)
