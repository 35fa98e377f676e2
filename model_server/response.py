"""Stage 6, response: a transcript in the words of each protocol; knows nothing of headers or status codes."""

from collections.abc import Sequence
from typing import Any

from model_server.transcript import Transcript


def kserve_v1(transcripts: Sequence[Transcript]) -> dict[str, Any]:
    """The body of KServe V1 `:predict`: one prediction per clip, in order."""
    return {"predictions": [_prediction(transcript) for transcript in transcripts]}


def openai_json(transcript: Transcript) -> dict[str, Any]:
    """The body of OpenAI's /v1/audio/transcriptions with response_format json."""
    return {"text": transcript.text}


def openai_text(transcript: Transcript) -> str:
    """The body of OpenAI's /v1/audio/transcriptions with response_format text."""
    return transcript.text + "\n"


def _prediction(transcript: Transcript) -> dict[str, Any]:
    return {
        "text": transcript.text,
        "duration": round(transcript.duration, 3),
        "segments": [
            {"start": round(part.segment.start, 3), "end": round(part.segment.end, 3), "text": part.text}
            for part in transcript.segments
        ],
    }
