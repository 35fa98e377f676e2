"""Every error of the predictor, as one tree; knows nothing of who raises or answers them.

ModelServerError
├── StartRefusedError          the process ends; its sentence says why
│   ├── OptionError            a flag's value is not allowed (exit 2)
│   ├── ArtefactError          the model's folder is not what model.yaml says
│   ├── CatalogueError         the file to search has nothing that can be found
│   ├── SelfTestError          the model does not hear its own clip right
│   └── EngineStartError       an engine process could not load the model
├── SearchError                an answer has no search results; its sentence says why
├── EventError                 an event of a realtime session is answered by an error event
└── RefusedError               an answer that is not a 200: code, reason (the metric's label), sentence
    ├── BadRequestError        400  the request cannot be understood
    ├── NotFoundError          404  another model or route
    ├── MethodError            405  the route is there, for another method
    ├── SlowUploadError        408  the body comes in too slowly
    ├── TooLongError           413  more seconds than allowed
    ├── TooLargeError          413  more bytes than allowed
    ├── UnsupportedMediaError  415  a content type this server does not take
    ├── BadAudioError          422  bytes that are no usable audio
    ├── CallerLimitError       429  this caller holds as much as one caller may
    ├── ClientGoneError        499  the client left; nobody reads the answer
    ├── InternalError          500  the engine failed
    │   └── EngineLostError         at this request or at another that it had at the same time
    ├── QueueFullError         503  retry after `retry_after_seconds`
    ├── DeadlineError          503  waited too long to be worth doing
    ├── DrainingError          503  this pod is going away
    └── InjectedError          500  asked for by --fault error_ratio
"""

from typing import ClassVar

# Sentences quote what was sent, which may be long.
MAX_SENTENCE_CHARACTERS = 500


def shortened(sentence: str) -> str:
    """The sentence, its end left out where it is long."""
    if len(sentence) <= MAX_SENTENCE_CHARACTERS:
        return sentence
    return f"{sentence[: MAX_SENTENCE_CHARACTERS - 3]}..."


class ModelServerError(Exception):
    """Anything this package raises on purpose."""


class StartRefusedError(ModelServerError):
    """The server must not start, or must not go on starting."""


class OptionError(StartRefusedError):
    """A flag's value is not allowed."""


class ArtefactError(StartRefusedError):
    """The model's folder is not what its model.yaml says."""


class CatalogueError(StartRefusedError):
    """The file of a search's catalogue has nothing that can be found."""


class SelfTestError(StartRefusedError):
    """The model does not transcribe its own clip right."""


class EngineStartError(StartRefusedError):
    """An engine process could not load the model, for the reason given."""


class SearchError(ModelServerError):
    """A search that came to nothing; the transcript it was for is answered without results."""


class EventError(ModelServerError):
    """A session's event cannot be obeyed; `param` is the field at fault, `code` a word for machines."""

    def __init__(self, sentence: str, param: str | None = None, code: str = "invalid_value"):
        super().__init__(sentence)
        self.sentence = f"{param} {sentence}" if param else sentence
        self.param = param
        self.code = code


class RefusedError(ModelServerError):
    """A request that gets an answer other than 200."""

    code: ClassVar[int]
    reason: ClassVar[str]

    def __init__(self, sentence: str, retry_after_seconds: int | None = None):
        self.sentence = shortened(sentence)
        super().__init__(self.sentence)
        self.retry_after_seconds = retry_after_seconds


class BadRequestError(RefusedError):
    """The request cannot be understood."""

    code, reason = 400, "bad_request"


class NotFoundError(RefusedError):
    """Another model or route was asked for."""

    code, reason = 404, "not_found"


class MethodError(RefusedError):
    """The route is there, for another method."""

    code, reason = 405, "bad_request"


class SlowUploadError(RefusedError):
    """The body comes in too slowly to be waited for."""

    code, reason = 408, "slow_upload"


class TooLongError(RefusedError):
    """The audio has more seconds than allowed."""

    code, reason = 413, "too_long"


class TooLargeError(RefusedError):
    """The body has more bytes than allowed."""

    code, reason = 413, "too_large"


class UnsupportedMediaError(RefusedError):
    """The content type is none of those taken here."""

    code, reason = 415, "unsupported_media"


class BadAudioError(RefusedError):
    """The bytes are no usable audio."""

    code, reason = 422, "bad_audio"


class CallerLimitError(RefusedError):
    """The caller holds as many audio seconds as one caller may."""

    code, reason = 429, "caller_limit"


class ClientGoneError(RefusedError):
    """The client left before its answer; the code is nginx's, and nobody sees it but the metrics."""

    code, reason = 499, "client_gone"


class InternalError(RefusedError):
    """The engine failed at this request."""

    code, reason = 500, "internal"


class EngineLostError(InternalError):
    """The engine process died with this request in its hands, which need not be to blame."""


class QueueFullError(RefusedError):
    """The queue holds as many audio seconds as it may."""

    code, reason = 503, "queue_full"


class DeadlineError(RefusedError):
    """The request waited past its deadline."""

    code, reason = 503, "deadline"


class DrainingError(RefusedError):
    """This pod takes no new requests."""

    code, reason = 503, "draining"


class InjectedError(RefusedError):
    """The fault switch error_ratio chose this request."""

    code, reason = 500, "fault"


REFUSALS: tuple[type[RefusedError], ...] = (
    BadRequestError,
    NotFoundError,
    MethodError,
    SlowUploadError,
    TooLongError,
    TooLargeError,
    UnsupportedMediaError,
    BadAudioError,
    CallerLimitError,
    ClientGoneError,
    InternalError,
    QueueFullError,
    DeadlineError,
    DrainingError,
    InjectedError,
)
