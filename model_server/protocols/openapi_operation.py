"""What the API's document says of one route; pure data's shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_server.errors import (
    BadAudioError,
    BadRequestError,
    CallerLimitError,
    DeadlineError,
    DrainingError,
    InternalError,
    MethodError,
    NotFoundError,
    QueueFullError,
    RefusedError,
    SlowUploadError,
    TooLargeError,
    TooLongError,
    UnsupportedMediaError,
)
from model_server.protocols.openapi_schemas import Schema

OPENAI, V1, V2 = "OpenAI", "KServe V1", "KServe V2"
FEEDBACK, OPERATION = "Feedback", "Operation"
PROTOCOLS = {
    OPENAI: (
        "For OpenAI's clients, with this server as base_url; no key is asked for. Errors are OpenAI's "
        "objects. A field that would not be obeyed is refused by its name."
    ),
    V1: "KServe's first protocol, for speech: raw audio, or several sound files in JSON.",
    V2: "The Open Inference Protocol: tensors in, tensors out, for Triton's and KServe's clients.",
    FEEDBACK: "What users did with transcripts, for whoever learns from it; see docs/privacy.md.",
    OPERATION: "For the kubelet, Prometheus and people who look after the server; not for the gateway.",
}
SPEECH_REFUSALS: tuple[type[RefusedError], ...] = (
    *(BadRequestError, NotFoundError, MethodError, SlowUploadError, TooLongError, TooLargeError),
    *(
        UnsupportedMediaError,
        BadAudioError,
        CallerLimitError,
        InternalError,
        QueueFullError,
        DeadlineError,
        DrainingError,
    ),
)


@dataclass(frozen=True)
class Operation:
    """One method of one path; `takes` and `gives` by content type, `gives` with the status `code`.

    One that tells readiness gives the same with status 503.
    """

    protocol: str
    method: str
    path: str
    summary: str
    gives: Mapping[str, Schema]
    takes: Mapping[str, Schema] = field(default_factory=dict)
    text: str = ""
    refusals: tuple[type[RefusedError], ...] = ()
    code: int = 200
    tells_readiness: bool = False
    example: str = ""
    language: str = "sh"
