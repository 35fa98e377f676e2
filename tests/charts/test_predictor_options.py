"""The predictor takes what the chart gives it: each value is the option it is named for, up to its bounds."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cluster import paths
from model_server.options import Options, parse_options

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
SCHEMA = json.loads((paths.repository_root() / "charts" / "model-server" / "values.schema.json").read_text())
# Seconds that others must exceed, at their highest.
LONGEST = {"longestRequestSeconds": 4320}
# Every flag that no default has; a search is by a catalogue or by an engine.
EVERYTHING = {
    "grpc": {"enabled": True},
    "server": {"callerHeader": "x-caller", "callerQueueSeconds": 20, "logTranscripts": True},
    "events": {"url": "http://receiver.example", "text": True},
    "faults": {"seed": 1},
}
CATALOGUE, ENGINE = {"configMap": "prompts"}, {"url": "http://engine.example"}
LATER = {"abortScaleDownDelaySeconds": 5000, "scaleDownDelaySeconds": 5000, "progressDeadlineSeconds": 9000}


def arguments(render: Render, **overrides: Any) -> list[str]:
    template = render("model-server", **overrides)["Rollout", "asr"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    found: list[str] = container["args"]
    return found


def options(render: Render, **overrides: Any) -> Options:
    return parse_options(arguments(render, **overrides), {})


def bounds(section: str, which: str) -> dict[str, Any]:
    """Each number of a section at its `minimum` or its `maximum`, where the schema has both."""
    numbers = SCHEMA["properties"][section]["properties"]
    return {name: rule[which] for name, rule in numbers.items() if {"minimum", "maximum"} <= rule.keys()}


@pytest.mark.parametrize(
    ("overrides", "option", "value"),
    [
        ({}, "engine_processes", 1),
        ({"server": {"engineProcesses": 3}}, "engine_processes", 3),
        ({"server": {"threads": 2}}, "threads", 2),
        ({}, "voice_activity", True),
        ({"server": {"voiceActivity": False}}, "voice_activity", False),
        ({}, "input_quality", True),
        ({"server": {"inputQuality": False}}, "input_quality", False),
        ({}, "caller_header", None),
        ({"server": {"callerHeader": "X-Caller"}}, "caller_header", "x-caller"),
        ({}, "caller_queue_seconds", None),
        ({"server": {"callerHeader": "x-caller", "callerQueueSeconds": 7.5}}, "caller_queue_seconds", 7.5),
        ({}, "grpc_port", 0),
        ({"grpc": {"enabled": True}}, "grpc_port", 8081),
        ({}, "realtime_sessions", 32),
        ({"server": {"realtimeSessions": 0}}, "realtime_sessions", 0),
        ({"server": {"realtimeSessionSeconds": 60}}, "realtime_session_seconds", 60),
        ({"server": {"realtimeIdleSeconds": 7.5}}, "realtime_idle_seconds", 7.5),
        ({"server": {"uploadTimeoutSeconds": 7.5}}, "upload_timeout_seconds", 7.5),
        ({"model": {"name": "asr-en"}}, "served_name", "asr-en"),
    ],
)
def test_a_value_is_the_option_it_is_named_for(
    render: Render, overrides: dict[str, Any], option: str, value: object
) -> None:
    assert getattr(options(render, **overrides), option) == value


def test_the_degree_of_automation_is_the_predictors_review(render: Render) -> None:
    assert options(render).review.degree == "full"
    review = options(render, automation={"degree": "partial", "reviewThreshold": 0.7}).review
    assert (review.degree, review.threshold) == ("partial", 0.7)


@pytest.mark.parametrize("which", ["minimum", "maximum"])
def test_the_predictor_takes_every_number_at_its_bounds(render: Render, which: str) -> None:
    server = bounds("server", which) | (LONGEST if which == "maximum" else {})
    given = options(render, server=server, automation=bounds("automation", which), strategy=LATER)
    assert given.queue_seconds == server["queueSeconds"]
    assert given.max_audio_seconds == server["maxAudioSeconds"]


def test_the_chart_offers_the_predictors_degrees_of_automation(render: Render) -> None:
    for degree in SCHEMA["properties"]["automation"]["properties"]["degree"]["enum"]:
        assert options(render, automation={"degree": degree}).review.degree == degree


def test_the_chart_reaches_every_flag_of_the_predictor(render: Render) -> None:
    command = [sys.executable, "-m", "model_server", "--help"]
    told = subprocess.run(
        command, cwd=paths.repository_root(), capture_output=True, text=True, check=True
    ).stdout
    flags = set(re.findall(r"(?<![\w-])--[a-z-]*[a-z]", told)) - {"--help"}
    given = arguments(render, **EVERYTHING, search=CATALOGUE) + arguments(render, **EVERYTHING, search=ENGINE)
    assert flags - {argument.split("=")[0] for argument in given} == set()
