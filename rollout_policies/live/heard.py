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
# As the predictor makes them.
MAX_REQUEST_ID_CHARACTERS = 128
# An hour of speech has 60,000; to align two texts takes the product of their lengths.
MAX_TEXT_CHARACTERS = 100_000
ACTIONS = ("accepted", "corrected", "redone", "typed")


@dataclass(frozen=True)
class Heard:
    """One request as one pod transcribed it.

    Confidence, loudness and speech over noise are the least of its clips', None where unknown.
    """

    request_id: str
    pod_template_hash: str
    text: str
    audio_seconds: float
    confidence: float | None
    loudness_lufs: float | None = None
    snr_db: float | None = None


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
    except (LookupError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise EventError(f"not an event of a predictor: {error!r}") from error


def _feedback(data: dict[str, Any]) -> Feedback:
    if data["action"] not in ACTIONS:
        raise ValueError(f"action must be one of {', '.join(ACTIONS)}, not {str(data['action'])[:80]!r}")
    return Feedback(_request_id(data), data["action"])


def _request_id(data: dict[str, Any]) -> str:
    found = data["request_id"]
    whole = isinstance(found, str) and 1 <= len(found) <= MAX_REQUEST_ID_CHARACTERS
    if not (whole and found.isascii() and found.isprintable()):
        raise ValueError(f"request_id must be 1 to {MAX_REQUEST_ID_CHARACTERS} printable ASCII characters")
    return str(found)


def _heard(data: dict[str, Any]) -> Heard | Wordless:
    clips, request_id, pod = data["transcripts"], _request_id(data), str(data["pod_template_hash"])
    audio_seconds = float(data["audio_seconds"])
    if any("text" not in clip for clip in clips):
        return Wordless(request_id, pod)
    said = " ".join(str(clip["text"]) for clip in clips).strip()
    if len(said) > MAX_TEXT_CHARACTERS:
        raise ValueError(f"text must have at most {MAX_TEXT_CHARACTERS} characters, not {len(said)}")
    return Heard(
        request_id=request_id,
        pod_template_hash=pod,
        # A lone surrogate can neither be stored nor shown.
        text=said.encode(errors="replace").decode(),
        audio_seconds=audio_seconds,
        confidence=_least(clips, "confidence"),
        loudness_lufs=_least(clips, "loudness_lufs"),
        snr_db=_least(clips, "snr_db"),
    )


def _least(clips: list[dict[str, Any]], field: str) -> float | None:
    """An older predictor does not tell every field."""
    known = [float(clip[field]) for clip in clips if clip.get(field) is not None]
    return min(known, default=None)
