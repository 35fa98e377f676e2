"""What a pod says it heard: transcript events of the predictor, read from untrusted bytes; joins nothing.

CloudEvents 1.0 in structured mode; contracts.toml lists the fields.
"""

import json
from dataclasses import dataclass
from typing import Any

from rollout_policies.errors import EventError

TRANSCRIPT = "dev.serinus.transcript"
USER = "user"


@dataclass(frozen=True)
class Heard:
    """One request as one pod transcribed it; `confidence` is the least of its clips', None where unknown."""

    request_id: str
    pod_template_hash: str
    text: str
    audio_seconds: float
    confidence: float | None


def read_event(body: bytes) -> Heard | None:
    """The transcript in an event; None where it is no user's. An EventError where it cannot be read."""
    try:
        event = json.loads(body)
        data = event["data"]
        if event["type"] != TRANSCRIPT or data["traffic"] != USER:
            return None
        return _heard(data)
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise EventError(f"not a transcript event with its text (--events-text): {error!r}") from error


def _heard(data: dict[str, Any]) -> Heard:
    known = [clip["confidence"] for clip in data["transcripts"] if clip["confidence"] is not None]
    return Heard(
        request_id=str(data["request_id"]),
        pod_template_hash=str(data["pod_template_hash"]),
        text=" ".join(str(clip["text"]) for clip in data["transcripts"]).strip(),
        audio_seconds=float(data["audio_seconds"]),
        confidence=min(map(float, known)) if known else None,
    )
