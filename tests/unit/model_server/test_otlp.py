"""Traces are asked for by OpenTelemetry's own variables, and cost nothing where they are not."""

import subprocess
import sys

import pytest

from model_server.errors import OptionError
from model_server.otlp import traces_asked_for

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, False),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
    ],
)
def test_endpoint_asks_for_traces(environment, asked):
    assert traces_asked_for(environment) is asked


def test_other_protocol_is_refused_by_name():
    with pytest.raises(OptionError, match="OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not 'grpc'"):
        traces_asked_for({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})


@pytest.mark.parametrize("library", ["opentelemetry", "httpx", "sqlite3"])
def test_options_import_no_library_of_what_may_not_be_asked_for(library):
    program = f"import sys, model_server.options; print({library!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
