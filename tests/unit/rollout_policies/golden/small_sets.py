"""Small golden sets of made sounds, written by the tests that audit and normalise them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from rollout_policies.golden.sound import Floats, Sound, wav
from rollout_policies.word_errors import normalised

RATE = 8000


def tone(seconds: float, peak: float = 0.2, hertz: float = 440.0) -> Floats:
    """A sine."""
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def silence(seconds: float) -> Floats:
    """Nothing."""
    return np.zeros(round(seconds * RATE))


def sound(*parts: Floats, rate: int = RATE) -> Sound:
    """One channel of these parts, one after the other."""
    return Sound(rate, 16, np.concatenate(parts).reshape(-1, 1), "")


def clip(name: str, text: str, content: bytes, **changes: Any) -> tuple[dict[str, Any], bytes]:
    """A line of a manifest that is right about its sound, but for the changes, and the sound."""
    seconds = round((len(content) - 44) / 2 / RATE, 3)
    row = {
        "audio_filepath": f"audio/{name}.wav",
        "duration": seconds,
        "text": text,
        "speaker": "ann",
        "sha256": hashlib.sha256(content).hexdigest(),
        "words": len(normalised(text).split()),
    }
    return row | changes, content


def good(name: str, text: str = "please hold", hertz: float = 440.0) -> tuple[dict[str, Any], bytes]:
    """A clip with which nothing is wrong: a tone as long as its label takes to say, and a little silence."""
    spoken = len(text) / 15
    return clip(name, text, wav(sound(silence(0.2), tone(spoken, hertz=hertz), silence(0.2))))


def write_set(directory: Path, *clips: tuple[dict[str, Any], bytes]) -> Path:
    """Write a set of these clips and return its directory."""
    (directory / "audio").mkdir(parents=True)
    for row, content in clips:
        (directory / row["audio_filepath"]).write_bytes(content)
    lines = (json.dumps(row, ensure_ascii=False) for row, _ in clips)
    (directory / "manifest.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return directory
