"""Every refusal has a gRPC status a client can act on."""

import grpc
import pytest

from model_server import errors
from model_server.protocols.grpc_calls import STATUS, status_of

OF_HTTP_ONLY = (errors.MethodError, errors.SlowUploadError)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (errors.BadAudioError("x"), grpc.StatusCode.INVALID_ARGUMENT),
        (errors.TooLongError("x"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (errors.CallerLimitError("x"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (errors.QueueFullError("x"), grpc.StatusCode.UNAVAILABLE),
        (errors.DeadlineError("x"), grpc.StatusCode.DEADLINE_EXCEEDED),
        (errors.DrainingError("x"), grpc.StatusCode.UNAVAILABLE),
    ],
)
def test_status_says_whether_to_retry(refusal, status):
    assert status_of(refusal) is status


def test_every_refusal_of_a_call_has_a_status():
    assert {kind.code for kind in errors.REFUSALS if kind not in OF_HTTP_ONLY} <= STATUS.keys()
