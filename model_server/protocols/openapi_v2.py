"""What the API document says of KServe V2 over HTTP: its routes as a table, and their schemas. Pure."""

from model_server.errors import NotFoundError
from model_server.open_inference.clips import AUDIO, SAMPLE_RATE
from model_server.open_inference.outputs import OUTPUTS
from model_server.open_inference.rest import HEADER_LENGTH
from model_server.protocols.kserve_v1 import JSON_TYPE
from model_server.protocols.kserve_v2 import MODEL, VERSION
from model_server.protocols.openapi_operation import SPEECH_REFUSALS, V2, Operation
from model_server.protocols.openapi_schemas import BYTES, TRUTH, Schema, closed, list_of, opened, ref, text

OCTETS = "application/octet-stream"
SHAPE = list_of({"type": "integer", "minimum": -1})
ANY: Schema = {}

V2_SCHEMAS: dict[str, Schema] = {
    "InferRequest": opened(
        *("id", "parameters", "outputs"),
        id=text(),
        parameters={"type": "object", "description": "sample_rate (Hz), timeout (microseconds)."},
        inputs=list_of(ref("InputTensor")),
        outputs=list_of(opened(name=text(enum=list(OUTPUTS)))),
    ),
    "InputTensor": opened(
        *("parameters", "data"),
        name=text(enum=[AUDIO, SAMPLE_RATE]),
        datatype=text("audio: BYTES, FP32 or INT16; sample_rate: INT32."),
        shape=SHAPE,
        parameters={"type": "object", "description": "binary_data_size: bytes after the JSON."},
        data=list_of(ANY, description="BYTES are base64 of sound files; FP32 within -1 to 1."),
    ),
    "InferResponse": closed(
        model_name=text(),
        model_version=text(),
        id=text(),
        outputs=list_of(ref("OutputTensor")),
    ),
    "OutputTensor": closed(
        *("parameters", "data"),
        name=text(enum=list(OUTPUTS)),
        datatype=text(enum=sorted(set(OUTPUTS.values()))),
        shape=SHAPE,
        parameters={"type": "object"},
        data=list_of(ANY),
    ),
    "ServerMetadata": closed(name=text(), version=text(), extensions=list_of(text())),
    "ModelMetadata": closed(
        name=text(),
        versions=list_of(text()),
        platform=text("The engine."),
        inputs=list_of(ref("TensorMetadata")),
        outputs=list_of(ref("TensorMetadata")),
    ),
    "TensorMetadata": closed(name=text(), datatype=text(), shape=SHAPE),
    "ReadyV2": closed("name", name=text(), ready=TRUTH),
    "ModelNames": closed(models=list_of(text())),
}

EXAMPLE_MODEL = "$URL/v2/models/asr"


def infer(path: str, example: str) -> Operation:
    """The route that transcribes, of one path."""
    return Operation(
        V2,
        "post",
        path,
        "Transcribe tensors",
        {JSON_TYPE: ref("InferResponse"), OCTETS: BYTES},
        {JSON_TYPE: ref("InferRequest"), OCTETS: BYTES},
        f"JSON, or JSON and behind it the binary tensors that it announces, its length in {HEADER_LENGTH}; "
        "answers likewise, where they are asked for so. docs/open-inference.md tells the tensors.",
        SPEECH_REFUSALS,
        example=example,
    )


def told(path: str, summary: str, schema: str, example: str, tells_readiness: bool = False) -> Operation:
    """A route that tells something."""
    refusals = (NotFoundError,) if "{name}" in path else ()
    gives = {JSON_TYPE: ref(schema)}
    return Operation(
        *(V2, "get", path, summary, gives),
        refusals=refusals,
        tells_readiness=tells_readiness,
        example=f"curl {example}",
    )


V2_OPERATIONS = (
    infer(
        f"{MODEL}/infer",
        """\
printf '{"inputs": [{"name": "audio", "datatype": "BYTES", "shape": [1], "data": ["%s"]}]}' \\
  "$(base64 -w 0 speech.wav)" | curl --data-binary @- $URL/v2/models/asr/infer
python3 -c 'import json; print(json.dumps({"inputs": [
  {"name": "audio", "datatype": "FP32", "shape": [16000], "data": [0.0] * 16000}]}))' |
  curl --data-binary @- $URL/v2/models/asr/infer""",
    ),
    infer(
        f"{VERSION}/infer",
        """\
printf '{"inputs": [{"name": "audio", "datatype": "BYTES", "shape": [1], "data": ["%s"]}]}' \\
  "$(base64 -w 0 speech.wav)" | curl --data-binary @- $URL/v2/models/asr/versions/0.0.59-1/infer""",
    ),
    told("/v2", "What the server is", "ServerMetadata", "$URL/v2"),
    told("/v2/health/live", "Whether the process answers", "Live", "$URL/v2/health/live"),
    told("/v2/health/ready", "Whether users should be sent here", "ReadyV2", "$URL/v2/health/ready", True),
    told("/v2/models", "The names of the models served", "ModelNames", "$URL/v2/models"),
    told(MODEL, "The model's tensors", "ModelMetadata", EXAMPLE_MODEL),
    told(VERSION, "The model's tensors", "ModelMetadata", f"{EXAMPLE_MODEL}/versions/0.0.59-1"),
    told(f"{MODEL}/ready", "Whether the model is ready", "ReadyV2", f"{EXAMPLE_MODEL}/ready", True),
    told(
        *(f"{VERSION}/ready", "Whether the model is ready", "ReadyV2"),
        *(f"{EXAMPLE_MODEL}/versions/0.0.59-1/ready", True),
    ),
)
