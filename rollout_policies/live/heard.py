"""What a pod says it heard, and what a user did with it: events of the predictor, read from untrusted bytes.

CloudEvents 1.0 in structured mode; contracts.toml lists the fields. Joins nothing.
"""

import json
from dataclasses import dataclass
from typing import Any

from rollout_policies.errors import EventError

TRANSCRIPT = "dev.serinus.transcript"
FEEDBACK = "dev.serinus.feedback"
USER = "user"
ACTIONS = ("accepted", "corrected", "redone", "typed")


@dataclass(frozen=True)
class Heard:
    """One request as one pod transcribed it; `confidence` is the least of its clips', None where unknown."""

    request_id: str
    pod_template_hash: str
    text: str
    audio_seconds: float
    confidence: float | None


@dataclass(frozen=True)
class Wordless:
    """One request that one pod transcribed, its words kept back (no --events-text)."""

    request_id: str
    pod_template_hash: str


@dataclass(frozen=True)
class Feedback:
    """What a user did with the transcript of a request: one of ACTIONS.

    Which pod told of it says nothing of who served the request: the gateway sends it to any.
    """

    request_id: str
    action: str


def read_event(body: bytes) -> Heard | Wordless | Feedback | None:
    """What an event tells; None where it is no user's. An EventError where it cannot be read."""
    try:
        event = json.loads(body)
        data = event["data"]
        if event["type"] == FEEDBACK:
            return _feedback(data)
        if event["type"] != TRANSCRIPT or data["traffic"] != USER:
            return None
        return _heard(data)
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        raise EventError(f"not an event of a predictor: {error!r}") from error


def _feedback(data: dict[str, Any]) -> Feedback:
    if data["action"] not in ACTIONS:
        raise ValueError(f"action must be one of {', '.join(ACTIONS)}, not {str(data['action'])[:80]!r}")
    return Feedback(str(data["request_id"]), data["action"])


def _heard(data: dict[str, Any]) -> Heard | Wordless:
    clips, request_id, pod = data["transcripts"], str(data["request_id"]), str(data["pod_template_hash"])
    known = [clip["confidence"] for clip in clips if clip["confidence"] is not None]
    audio_seconds = float(data["audio_seconds"])
    if any("text" not in clip for clip in clips):
        return Wordless(request_id, pod)
    return Heard(
        request_id=request_id,
        pod_template_hash=pod,
        text=" ".join(str(clip["text"]) for clip in clips).strip(),
        audio_seconds=audio_seconds,
        confidence=min(map(float, known)) if known else None,
    )
