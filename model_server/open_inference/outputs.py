"""The outputs of an infer request: transcripts as tensors; knows nothing of JSON documents or protobuf.

| output | datatype | shape | what |
|---|---|---|---|
| text | BYTES | [n] | what was said in each clip, UTF-8 |
| confidence | FP32 | [n] | 0 to 1; not a number (JSON: null) where the engine has none |
| segments | BYTES | [n] | JSON: the stretches of speech with start and end in seconds; only if asked for |
| needs_review | BOOL | [n] | whether a person must look at it; only if asked for |
| results | BYTES | [n] | JSON: what a search for the words found; {} without a search; only if asked for |
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from reprlib import repr as shown
from typing import Any

import numpy as np
import orjson

from model_server.errors import BadRequestError
from model_server.open_inference.tensors import BYTES, LENGTH, Output, check_unique
from model_server.review import Review
from model_server.transcript import SpokenSegment, Transcript

BOOL, FP32 = "BOOL", "FP32"
TEXT, CONFIDENCE, SEGMENTS = "text", "confidence", "segments"
NEEDS_REVIEW, RESULTS = "needs_review", "results"
OUTPUTS = {TEXT: BYTES, CONFIDENCE: FP32, SEGMENTS: BYTES, NEEDS_REVIEW: BOOL, RESULTS: BYTES}
Found = dict[str, Any]
PACKED = {FP32: "<f4", BOOL: "?"}
UNASKED = (TEXT, CONFIDENCE)


@dataclass(frozen=True)
class OutputTensor:
    """One value a clip: texts of BYTES, numbers of FP32, truths of BOOL."""

    name: str
    datatype: str
    values: Sequence[str] | Sequence[float] | Sequence[bool]

    def packed(self) -> bytes:
        """The values as V2 binary data."""
        if self.datatype != BYTES:
            return np.array(self.values, PACKED[self.datatype]).tobytes()
        texts = [str(value).encode() for value in self.values]
        return b"".join(LENGTH.pack(len(text)) + text for text in texts)


def chosen_outputs(asked: Sequence[Output] | None, binary: bool) -> list[Output]:
    """The outputs to make: those asked for, else text and confidence, binary or not."""
    if not asked:
        return [Output(name, binary) for name in UNASKED]
    for output in asked:
        if output.name not in OUTPUTS:
            raise BadRequestError(f"output must be one of {', '.join(OUTPUTS)}, not {shown(output.name)}")
    check_unique("output", (output.name for output in asked))
    return list(asked)


def output_tensor(
    name: str, transcripts: Sequence[Transcript], review: Review, found: Sequence[Found] = ()
) -> OutputTensor:
    """The output of this name; `found` holds for each clip the fields of its search."""
    if name == TEXT:
        return OutputTensor(name, BYTES, [transcript.text for transcript in transcripts])
    if name == RESULTS:
        return OutputTensor(name, BYTES, [orjson.dumps(fields).decode() for fields in found])
    known = [transcript.confidence for transcript in transcripts]
    if name == CONFIDENCE:
        return OutputTensor(name, FP32, [math.nan if value is None else value for value in known])
    if name == NEEDS_REVIEW:
        return OutputTensor(name, BOOL, [review.needed(value) for value in known])
    texts = [
        orjson.dumps([_segment(part) for part in transcript.segments]).decode() for transcript in transcripts
    ]
    return OutputTensor(name, BYTES, texts)


def _segment(part: SpokenSegment) -> dict[str, Any]:
    segment = {"start": round(part.segment.start, 3), "end": round(part.segment.end, 3), "text": part.text}
    if part.confidence is not None:
        segment["confidence"] = round(part.confidence, 4)
    if part.words:
        segment["words"] = [
            {"word": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}
            for word in part.words
        ]
    return segment
