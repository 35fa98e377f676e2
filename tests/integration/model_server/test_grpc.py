"""KServe V2 over gRPC, by Triton's client, and the health service by its own stubs, against the real process.

Nothing here may import kserve: it and tritonclient.grpc register the same messages.
"""

import io
import socket
import threading
from queue import Queue

import grpc
import numpy as np
import pytest
import soundfile
import tritonclient.grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import InferInput, InferRequestedOutput, service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

SERVICE = "inference.GRPCInferenceService"
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


@pytest.fixture(scope="module")
def launch_grpc(launch):
    """Starts a predictor with a gRPC port; it, ready, and its address."""

    def launch_grpc(*flags):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        return launch("--grpc-port", str(port), *flags).wait_ready(), f"127.0.0.1:{port}"

    return launch_grpc


@pytest.fixture(scope="module")
def served(launch_grpc):
    return launch_grpc("--max-audio-seconds", "60")


@pytest.fixture(scope="module")
def triton(served):
    with tritonclient.grpc.InferenceServerClient(served[1]) as client:
        yield client


@pytest.fixture(scope="module")
def channel(served):
    with grpc.insecure_channel(served[1]) as channel:
        yield channel


@pytest.fixture(scope="module")
def stub(channel):
    return service_pb2_grpc.GRPCInferenceServiceStub(channel)


def tensor(name, data, datatype):
    data = np.asarray(data)
    return InferInput(name, list(data.shape), datatype).set_data_from_numpy(data)


def sound_files(*contents):
    return [tensor("audio", np.array(contents, np.object_), "BYTES")]


def request(*raw, datatype="BYTES", shape=(1,), name="audio", model="asr", **more):
    """A message of one tensor, raw."""
    tensor = {"name": name, "datatype": datatype, "shape": list(shape)}
    return service_pb2.ModelInferRequest(
        model_name=model, **{"inputs": [tensor], "raw_input_contents": list(raw), **more}
    )


def element(data):
    return len(data).to_bytes(4, "little") + data


def count(predictor, code, reason, traffic="user"):
    return predictor.metric("asr_requests_total", traffic=traffic, code=str(code), reason=reason)


def test_sound_files_are_transcribed_in_order(triton, clip, words, spoken):
    result = triton.infer("asr", sound_files(clip, clip), request_id="7")

    assert [spoken(text.decode()) for text in result.as_numpy("text")] == [words, words]
    assert (result.as_numpy("confidence").shape, result.get_response().id) == ((2,), "7")


@pytest.mark.parametrize(("datatype", "dtype"), [("FP32", "float32"), ("INT16", "int16")])
def test_waveforms_are_transcribed(triton, clip, words, spoken, datatype, dtype):
    samples, sample_rate = soundfile.read(io.BytesIO(clip), dtype=dtype)
    rate = tensor("sample_rate", np.array([sample_rate], np.int32), "INT32")

    result = triton.infer("asr", [tensor("audio", samples, datatype), rate])

    assert spoken(result.as_numpy("text")[0].decode()) == words


def test_typed_contents_are_answered_typed(stub, clip, words, spoken):
    typed = {"name": "audio", "datatype": "BYTES", "shape": [1], "contents": {"bytes_contents": [clip]}}

    answer = stub.ModelInfer(request(inputs=[typed]))

    assert spoken(answer.outputs[0].contents.bytes_contents[0].decode()) == words


def test_outputs_are_those_asked_for(triton, clip):
    result = triton.infer("asr", sound_files(clip), outputs=[InferRequestedOutput("needs_review")])

    assert [output.name for output in result.get_response().outputs] == ["needs_review"]
    assert list(result.as_numpy("needs_review")) == [False]


def test_server_and_model_tell_of_themselves(triton):
    metadata = triton.get_model_metadata("asr")

    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("asr", metadata.versions[0])
    assert list(triton.get_server_metadata().extensions) == ["binary_tensor_data"]
    assert [(tensor.name, tensor.datatype) for tensor in metadata.inputs] == [
        ("audio", "BYTES"),
        ("sample_rate", "INT32"),
    ]


def test_trailers_carry_what_every_answer_does(stub, served, clip):
    before = count(served[0], 200, "ok", "probe")
    metadata = (("x-request-id", "r1"), ("x-serinus-probe", "golden"))

    _, call = stub.ModelInfer.with_call(request(element(clip)), metadata=metadata)

    trailers = dict(call.trailing_metadata())
    assert (trailers["x-request-id"], trailers["x-serinus-pod-template-hash"]) == ("r1", "abc123")
    assert float(trailers["x-serinus-inference-ms"]) > 0
    assert count(served[0], 200, "ok", "probe") == before + 1


def test_models_are_not_loaded_by_call(triton):
    with pytest.raises(InferenceServerException, match="a new version is a new pod") as refused:
        triton.load_model("asr")

    assert refused.value.status() == "StatusCode.UNIMPLEMENTED"


WAVE = np.zeros(1600, "<f4")
NAN = np.full(1600, np.nan, "<f4")
ROWS = {
    "other model": (request(model="other"), grpc.StatusCode.NOT_FOUND, 404, "not_found"),
    "other version": (request(model_version="0"), grpc.StatusCode.NOT_FOUND, 404, "not_found"),
    "no inputs": (request(inputs=[]), grpc.StatusCode.INVALID_ARGUMENT, 400, "bad_request"),
    "other tensor": (request(b"", name="x"), grpc.StatusCode.INVALID_ARGUMENT, 400, "bad_request"),
    "no raw contents": (request(), grpc.StatusCode.INVALID_ARGUMENT, 400, "bad_request"),
    "two for one": (request(b"", b""), grpc.StatusCode.INVALID_ARGUMENT, 400, "bad_request"),
    "negative shape": (request(b"", shape=[-1]), grpc.StatusCode.INVALID_ARGUMENT, 400, "bad_request"),
    "shape beyond bytes": (
        request(b"abcd", datatype="FP32", shape=[2]),
        grpc.StatusCode.INVALID_ARGUMENT,
        400,
        "bad_request",
    ),
    "element beyond": (request(b"\x99\0\0\0a"), grpc.StatusCode.INVALID_ARGUMENT, 400, "bad_request"),
    "ten thousand tensors": (
        request(inputs=[{}] * 10_000),
        grpc.StatusCode.INVALID_ARGUMENT,
        400,
        "bad_request",
    ),
    "text for audio": (request(element(b"hello")), grpc.StatusCode.INVALID_ARGUMENT, 422, "bad_audio"),
    "not a number": (
        request(NAN.tobytes(), datatype="FP32", shape=[1600]),
        grpc.StatusCode.INVALID_ARGUMENT,
        422,
        "bad_audio",
    ),
    "61 seconds": (
        request(bytes(4 * 976_000), datatype="FP32", shape=[976_000]),
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        413,
        "too_long",
    ),
}


@pytest.mark.parametrize(("message", "status", "code", "reason"), ROWS.values(), ids=ROWS)
def test_bad_messages_are_answered_and_counted(stub, served, message, status, code, reason):
    before = count(served[0], code, reason)

    with pytest.raises(grpc.RpcError) as refused:
        stub.ModelInfer(message)

    assert (refused.value.code(), count(served[0], code, reason)) == (status, before + 1)
    assert " " in refused.value.details()


def test_what_is_no_message_is_refused(channel):
    infer = channel.unary_unary(f"/{SERVICE}/ModelInfer")

    with pytest.raises(grpc.RpcError) as refused:
        infer(b"\xff" * 100)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_message_larger_than_any_request_is_refused(stub):
    with pytest.raises(grpc.RpcError) as refused:
        stub.ModelInfer(request(bytes(2**24)))

    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture(scope="module")
def narrow(launch_grpc):
    """One engine, which takes two requests at a time, and a queue of 135 s."""
    return launch_grpc("--engine-processes", "1", "--queue-seconds", "135")


@pytest.fixture
def busy(narrow, repeated, wait_until):
    """The same with two minutes of speech in work; left by their client at the end."""
    predictor, address = narrow
    with grpc.insecure_channel(address) as channel:
        infer = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer
        working = [infer.future(request(element(repeated(6)))) for _ in range(2)]
        wait_until("both are in work", lambda: predictor.metric("asr_queue_audio_seconds") > 110, 30)
        yield predictor, infer
        for call in working:
            call.cancel()
        wait_until("they have left", lambda: predictor.metric("asr_in_flight_requests") == 0, 10)


def test_calls_deadline_is_the_requests(busy, clip, wait_until):
    predictor, infer = busy

    with pytest.raises(grpc.RpcError) as late:
        infer(request(element(clip)), timeout=0.2)

    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    wait_until("nobody waits for it", lambda: predictor.metric("asr_in_flight_requests") == 2, 10)


def test_full_queue_is_unavailable_with_a_time_to_retry(busy, repeated):
    _, infer = busy

    with pytest.raises(grpc.RpcError) as refused:
        infer(request(element(repeated(2))))

    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert int(dict(refused.value.trailing_metadata())["retry-after"]) >= 1


def test_client_that_leaves_ends_its_work(narrow, repeated, wait_until):
    predictor, address = narrow
    before = count(predictor, 499, "client_gone")
    with grpc.insecure_channel(address) as channel:
        infer = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer
        working = infer.future(request(element(repeated(6))))
        wait_until("it is in work", lambda: predictor.metric("asr_queue_audio_seconds") > 50, 30)

        working.cancel()

        wait_until("it is counted", lambda: count(predictor, 499, "client_gone") == before + 1, 10)
        assert predictor.metric("asr_queue_audio_seconds") == 0


@pytest.mark.parametrize(("service", "status"), [("", SERVING), (SERVICE, SERVING)])
def test_health_is_serving(channel, service, status):
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))

    assert answer.status == status


def test_health_of_another_service_is_unknown(channel):
    health, other = health_pb2_grpc.HealthStub(channel), health_pb2.HealthCheckRequest(service="x")

    with pytest.raises(grpc.RpcError) as refused:
        health.Check(other)

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert next(health.Watch(other)).status == UNKNOWN


def watch(channel, statuses):
    """Put each status that a watcher hears into the queue, None at the stream's end."""

    def listen():
        for answer in health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest()):
            statuses.put(answer.status)
        statuses.put(None)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    return thread


def test_drain_is_told_to_every_watcher_and_loses_no_call(launch_grpc, clip, words, spoken, repeated):
    predictor, address = launch_grpc("--drain-delay-seconds", "5")
    with grpc.insecure_channel(address) as channel:
        infer = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer
        watchers = [Queue(), Queue()]
        threads = [watch(channel, statuses) for statuses in watchers]
        assert [statuses.get(timeout=20) for statuses in watchers] == [SERVING, SERVING]
        working = infer.future(request(element(repeated(2))))

        predictor.terminate()

        assert [statuses.get(timeout=20) for statuses in watchers] == [NOT_SERVING, NOT_SERVING]
        drained = infer(request(element(clip)))
        assert spoken(drained.raw_output_contents[0][4:].decode()) == words
        assert spoken(working.result(timeout=60).raw_output_contents[0][4:].decode()) == words * 2
        assert [statuses.get(timeout=60) for statuses in watchers] == [None, None]
        for thread in threads:
            thread.join(timeout=20)
        assert predictor.wait_exit(60) == 0


def test_port_in_use_ends_the_start(launch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        predictor = launch("--grpc-port", str(port))

        assert predictor.wait_exit(120) == 1
        assert f"cannot listen for gRPC on 127.0.0.1:{port}" in predictor.log()
