"""What the events say; contracts.toml lists their types and fields. Knows nothing of delivery.

Both carry the request's id, by which a receiver joins what a user did to the pod that served it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model_server.account import Account
from model_server.events.cloud_event import CloudEvent
from model_server.quality import InputQuality
from model_server.transcript import Transcript

TRANSCRIPT = "dev.serinus.transcript"
FEEDBACK = "dev.serinus.feedback"
TYPES = (TRANSCRIPT, FEEDBACK)
ACTIONS = ("accepted", "corrected", "redone", "typed")


@dataclass(frozen=True)
class Origin:
    """Who tells, and whether spoken words may leave with it."""

    served_name: str
    model_name: str
    model_version: str
    model_digest: str
    pod_template_hash: str
    with_text: bool

    @property
    def source(self) -> str:
        """A URI reference: the same for all pods of a served name and template."""
        return f"/serinus/{self.served_name}/{self.pod_template_hash}"


@dataclass(frozen=True)
class Feedback:
    """What a user did with a transcript."""

    request_id: str
    action: str
    text: str | None = None


# A clip's transcript and how its sound was; None where that is not measured.
Described = tuple[Transcript, InputQuality | None]


def transcript_event(origin: Origin, account: Account, clips: Sequence[Described]) -> CloudEvent:
    """One request's transcripts, without their text unless the origin may tell it."""
    data = {
        "request_id": account.request_id,
        "traffic": account.traffic,
        "model": {
            "name": origin.model_name,
            "version": origin.model_version,
            "digest": origin.model_digest,
        },
        "pod_template_hash": origin.pod_template_hash,
        "audio_seconds": account.audio_seconds,
        "transcripts": [_transcript(*clip, origin.with_text) for clip in clips],
    }
    return CloudEvent(TRANSCRIPT, origin.source, account.request_id, data)


def feedback_event(origin: Origin, feedback: Feedback) -> CloudEvent:
    """One feedback, without its text unless the origin may tell it."""
    data = {"request_id": feedback.request_id, "action": feedback.action}
    if origin.with_text and feedback.text is not None:
        data["text"] = feedback.text
    return CloudEvent(FEEDBACK, origin.source, feedback.request_id, data)


def _transcript(transcript: Transcript, quality: InputQuality | None, with_text: bool) -> dict[str, Any]:
    said = {
        "duration": transcript.duration,
        "confidence": transcript.confidence,
        "loudness_lufs": quality.loudness_lufs if quality else None,
        "snr_db": quality.snr_db if quality else None,
    }
    return {**said, "text": transcript.text} if with_text else said
