"""Every route that users may call, as a table: what it takes, what it gives, what it refuses, an example.

Pure data. In the examples $URL is where the server is, and speech.wav a file that the reader has; tests run
them as they stand.
"""

from model_server.errors import (
    BadRequestError,
    DrainingError,
    MethodError,
    NotFoundError,
    QueueFullError,
    TooLargeError,
    UnsupportedMediaError,
)
from model_server.protocols import kserve_v2, realtime
from model_server.protocols.event_stream import EVENT_STREAM
from model_server.protocols.kserve_v1 import AUDIO_TYPES, JSON_TYPE
from model_server.protocols.openapi_operation import (
    FEEDBACK,
    OPENAI,
    OPERATION,
    SPEECH_REFUSALS,
    V1,
    Operation,
)
from model_server.protocols.openapi_schemas import BYTES, ref, text

PLAIN = "text/plain"

OPERATIONS = (
    Operation(
        OPENAI,
        "post",
        "/v1/audio/transcriptions",
        "Transcribe one sound file",
        {
            JSON_TYPE: {"oneOf": [ref("Transcription"), ref("VerboseTranscription")]},
            PLAIN: text(),
            "application/x-subrip": text(),
            "text/vtt": text(),
            EVENT_STREAM: ref("TranscriptEvent"),
        },
        {"multipart/form-data": ref("TranscriptionForm")},
        "The content type of the answer follows response_format. With stream=true, server-sent events: the "
        "text as it grows, then the transcript. OpenAI's figures that this server does not have "
        "(avg_logprob, tokens and their like) are left out, not made up.",
        SPEECH_REFUSALS,
        example="""\
curl -F file=@speech.wav -F response_format=verbose_json $URL/v1/audio/transcriptions
curl -F file=@speech.wav -F response_format=srt $URL/v1/audio/transcriptions
curl -N -F file=@speech.wav -F stream=true $URL/v1/audio/transcriptions""",
    ),
    Operation(
        OPENAI,
        "get",
        "/v1/models",
        "The model served, as a list",
        {JSON_TYPE: ref("Models")},
        example="curl $URL/v1/models",
    ),
    Operation(
        OPENAI,
        "get",
        "/v1/models/{name}",
        "The model served, and whether it is ready",
        {JSON_TYPE: ref("Model")},
        text="The same answer serves OpenAI's and KServe V1's clients.",
        refusals=(NotFoundError,),
        example="curl $URL/v1/models/asr",
    ),
    Operation(
        OPENAI,
        "get",
        realtime.PATH,
        "Transcribe while one speaks: a WebSocket of OpenAI's Realtime transcription events",
        {},
        text="Audio goes up in input_audio_buffer.append events, and transcripts come back as they grow; "
        "docs/realtime.md tells the events and the limits. Who asks for another model is refused before the "
        "handshake; after it, errors are error events.",
        refusals=(BadRequestError, NotFoundError),
        code=101,
        language="python",
        example="""\
import asyncio, base64, openai, os, wave

async def main():
    with wave.open("speech.wav") as file:  # mono, 16 bit
        rate, samples = file.getframerate(), file.readframes(file.getnframes())
    client = openai.AsyncOpenAI(base_url=os.environ["URL"] + "/v1", api_key="none")
    audio = {"format": {"type": "audio/pcm", "rate": rate}, "turn_detection": None}
    async with client, client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        await connection.session.update(session={"type": "transcription", "audio": {"input": audio}})
        await connection.input_audio_buffer.append(audio=base64.b64encode(samples[: rate * 4]).decode())
        await connection.input_audio_buffer.commit()
        async for event in connection:
            if event.type == "conversation.item.input_audio_transcription.completed":
                return event.transcript

print(asyncio.run(main()))""",
    ),
    Operation(
        V1,
        "post",
        "/v1/models/{name}:predict",
        "Transcribe a sound file, or up to 32 of them",
        {JSON_TYPE: ref("Predictions")},
        {**dict.fromkeys(AUDIO_TYPES, BYTES), JSON_TYPE: ref("Instances")},
        "A body of audio is one sound file; a body of JSON has an instance, and gets a prediction, for each.",
        SPEECH_REFUSALS,
        example="""\
curl --data-binary @speech.wav -H 'content-type: audio/wav' $URL/v1/models/asr:predict
printf '{"instances": [{"audio": {"b64": "%s"}}]}' "$(base64 -w 0 speech.wav)" |
  curl --data-binary @- -H 'content-type: application/json' $URL/v1/models/asr:predict""",
    ),
    Operation(
        FEEDBACK,
        "post",
        "/v1/feedback",
        "Tell what a user did with a transcript",
        {JSON_TYPE: ref("FeedbackTaken")},
        {JSON_TYPE: ref("Feedback")},
        "Sent on as a CloudEvent; answered 404 where the server was not told where to (--events-url).",
        refusals=(
            *(BadRequestError, NotFoundError, MethodError, TooLargeError, UnsupportedMediaError),
            *(QueueFullError, DrainingError),
        ),
        code=202,
        example="""\
curl -H 'content-type: application/json' $URL/v1/feedback \\
  -d '{"request_id": "the-x-request-id", "action": "corrected", "text": "turn left"}'""",
    ),
    Operation(
        OPERATION,
        "get",
        "/healthz/live",
        "Whether the process answers",
        {JSON_TYPE: ref("Live")},
        example="curl $URL/healthz/live",
    ),
    Operation(
        OPERATION,
        "get",
        "/healthz/ready",
        "Whether users should be sent here",
        {JSON_TYPE: ref("Ready")},
        text="200 from when the model is loaded and has passed its self-test until the drain begins, "
        "whatever the load.",
        tells_readiness=True,
        example="curl $URL/healthz/ready",
    ),
    Operation(
        OPERATION,
        "get",
        "/metrics",
        "Metrics for Prometheus",
        {PLAIN: text()},
        example="curl $URL/metrics",
    ),
    Operation(
        OPERATION,
        "get",
        "/openapi.json",
        "This document as OpenAPI 3.1",
        {JSON_TYPE: {"type": "object"}},
        example="curl $URL/openapi.json",
    ),
    Operation(
        OPERATION,
        "get",
        "/docs",
        "This document as a page",
        {"text/html": text()},
        example="curl $URL/docs",
    ),
    Operation(
        OPERATION,
        "get",
        "/",
        "That the server is alive, as KServe's SDK says it",
        {JSON_TYPE: ref("Status")},
        example="curl $URL/",
    ),
)
# Paths that say what to use instead, whatever the method.
SIGNPOSTS = ("/v1/models/{name}:explain", "/v1/audio/{other}", *kserve_v2.REPOSITORY)
