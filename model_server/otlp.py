"""Whether traces are asked for, by OpenTelemetry's own variables; imports nothing of OpenTelemetry."""

from collections.abc import Mapping

from model_server.errors import OptionError

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"


def traces_asked_for(environment: Mapping[str, str]) -> bool:
    """Whether an OTLP endpoint is given and not switched off; OptionError where the protocol is another."""
    switched_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if switched_off or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    if not any(environment.get(name) for name in ENDPOINTS):
        return False
    for name in PROTOCOLS:
        if environment.get(name, PROTOCOL) not in ("", PROTOCOL):
            raise OptionError(f"{name} must be {PROTOCOL}, not {environment[name]!r}")
    return True
