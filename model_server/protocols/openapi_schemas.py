"""JSON Schemas (2020-12) of what the routes take and give; an answer's schema lists each of its fields.

Pure data; tests hold real answers against it.
"""

from typing import Any

from model_server.events.contents import ACTIONS
from model_server.protocols.feedback import MAX_TEXT_CHARACTERS
from model_server.protocols.openai import FORMATS, GRANULARITIES

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(about: str = "", **more: Any) -> Schema:
    """A string."""
    return {"type": "string", **({"description": about} if about else {}), **more}


def number(about: str = "", **more: Any) -> Schema:
    """A number."""
    return {"type": "number", **({"description": about} if about else {}), **more}


def list_of(items: Schema, **more: Any) -> Schema:
    """An array."""
    return {"type": "array", "items": items, **more}


def closed(*optional: str, **fields: Schema) -> Schema:
    """An object with these fields, no others, all but the optional ones always there."""
    return {**opened(*optional, **fields), "additionalProperties": False}


def opened(*optional: str, **fields: Schema) -> Schema:
    """An object with at least these fields."""
    required = [name for name in fields if name not in optional]
    return {"type": "object", "properties": fields, "required": required}


TRUTH: Schema = {"type": "boolean"}
BYTES: Schema = text(format="binary")
START = number("Seconds from the clip's start.", minimum=0)
END = number("Seconds from the clip's start.", minimum=0)
CONFIDENCE: Schema = {
    "type": ["number", "null"],
    "minimum": 0,
    "maximum": 1,
    "description": "How sure the decoder is of the words; null where the engine cannot tell.",
}
NEEDS_REVIEW: Schema = {
    **TRUTH,
    "description": "Whether a person must look at it, by the degree of automation that the server was given.",
}
DURATION = number("Seconds of audio.", minimum=0)
GROWTH = text("What to append to the deltas before it.")
JUDGEMENT = {"confidence": CONFIDENCE, "needs_review": NEEDS_REVIEW}
FOUND = {
    "results": {
        "type": ["array", "null"],
        "items": ref("Result"),
        "description": "What the words find; only where the server searches, null where that failed.",
    },
    "search_error": text("Why results is null."),
}

SCHEMAS: dict[str, Schema] = {
    "Error": closed(error=text("What was wrong, its value, and what is allowed.")),
    "OpenAIError": closed(
        error=closed(
            message=text("What was wrong, its value, and what is allowed."),
            type=text(enum=["invalid_request_error", "server_error"]),
            param={"type": "null"},
            code=text("The label `reason` of asr_requests_total."),
        )
    ),
    "TranscriptionForm": closed(
        *("model", "response_format", "language", "prompt", "temperature", "stream"),
        "timestamp_granularities[]",
        file=text("A sound file: WAV, FLAC, OGG (Vorbis, Opus) or MP3.", format="binary"),
        model=text("The name served; that of another model is answered 404."),
        response_format=text(enum=list(FORMATS), default="json"),
        language=text("The model's language, say, en; any other is refused."),
        prompt=text("Must be empty.", maxLength=0),
        temperature=number("Must be 0: decoding is greedy.", const=0),
        stream={**TRUTH, "default": False, "description": "With response_format json or text."},
        **{
            "timestamp_granularities[]": list_of(
                text(enum=list(GRANULARITIES)),
                description="With verbose_json; word only where the engine has times of words.",
            )
        },
    ),
    "Transcription": closed(*FOUND, text=text(), **JUDGEMENT, **FOUND),
    "Result": closed(
        id=text("The entry's id in the catalogue or the search engine."),
        title=text(),
        snippet=text("Its matching stretch, as plain text."),
        score=number("Higher is a better match; of no unit."),
    ),
    "VerboseTranscription": closed(
        *("segments", "words", *FOUND),
        task=text(const="transcribe"),
        language=text(),
        duration=DURATION,
        text=text(),
        usage=closed(type=text(const="duration"), seconds=DURATION),
        segments=list_of(ref("VerboseSegment")),
        words=list_of(ref("Word")),
        **JUDGEMENT,
        **FOUND,
    ),
    "VerboseSegment": closed(
        id={"type": "integer", "minimum": 0},
        seek={"type": "integer", "const": 0},
        start=START,
        end=END,
        text=text(),
        temperature=number(const=0),
        confidence=CONFIDENCE,
    ),
    "Word": closed(word=text(), start=START, end=END),
    "TranscriptEvent": {
        "description": "The data of a server-sent event: text as it grows, the transcript, or an error.",
        "oneOf": [
            closed(type=text(const="transcript.text.delta"), delta=GROWTH),
            closed(
                *FOUND,
                type=text(const="transcript.text.done"),
                text=text(),
                duration=DURATION,
                **JUDGEMENT,
                **FOUND,
            ),
            ref("OpenAIError"),
        ],
    },
    "Model": closed(
        id=text("The name served."),
        object=text(const="model"),
        created={"type": "integer"},
        owned_by=text(),
        name=text("The same, for KServe V1."),
        ready=TRUTH,
        version=text("The artefact's version."),
        digest=text("SHA-256 of the artefact's model.yaml."),
        artefact=text("The artefact's name."),
    ),
    "Models": closed(
        object=text(const="list"),
        data=list_of(ref("Model")),
        models=list_of(text("The names, for KServe V1.")),
    ),
    "Instances": opened(
        instances=list_of(
            opened(audio=opened(b64=text("A sound file in base64.", contentEncoding="base64"))),
            minItems=1,
            maxItems=32,
        )
    ),
    "Predictions": closed(predictions=list_of(ref("Prediction"))),
    "Prediction": closed(
        *FOUND, text=text(), duration=DURATION, segments=list_of(ref("Segment")), **JUDGEMENT, **FOUND
    ),
    "Segment": closed("words", start=START, end=END, text=text(), words=list_of(ref("Word"))),
    "Feedback": closed(
        "text",
        request_id=text("The x-request-id of the answer it is about.", minLength=1, maxLength=128),
        action=text("What the user did with the transcript.", enum=list(ACTIONS)),
        text=text("What should have been heard.", maxLength=MAX_TEXT_CHARACTERS),
    ),
    "FeedbackTaken": closed(
        accepted={**TRUTH, "const": True},
        text_forwarded={**TRUTH, "description": "Whether the text was sent on: only with --events-text."},
    ),
    "Live": closed(live=TRUTH),
    "Ready": closed(ready=TRUTH, state=text(enum=["loading", "ready", "draining", "closed"])),
    "Status": closed(status=text(const="alive")),
}
