"""What the chart lets a predictor tell and ask is what its flags for events, search and traces take."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_server.events.options import EventOptions, add_event_flags, read_event_options
from model_server.otlp import traces_asked_for
from model_server.search.options import (
    AUTHORIZATION_ENVIRONMENT,
    SearchOptions,
    add_search_flags,
    read_search_options,
)

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
URL = "http://engine.example:9200"


def container(render: Render, **overrides: Any) -> dict[str, Any]:
    template = render("model-server", **overrides)["Rollout", "asr"]["spec"]["template"]
    found: dict[str, Any]
    (found,) = template["spec"]["containers"]
    return found


def parsed(render: Render, **overrides: Any) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_event_flags(parser)
    add_search_flags(parser)
    return parser.parse_known_args(container(render, **overrides)["args"])[0]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ({}, EventOptions()),
        ({"queue": 7}, EventOptions()),
        ({"url": URL, "queue": 7, "text": True}, EventOptions(URL, 7, True)),
        ({"url": URL}, EventOptions(URL)),
    ],
)
def test_events_go_where_the_release_says(
    render: Render, events: dict[str, Any], expected: EventOptions
) -> None:
    assert read_event_options(parsed(render, events=events)) == expected


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({}, SearchOptions()),
        ({"configMap": "prompts"}, SearchOptions(catalogue=Path("/catalogue/catalogue.jsonl"))),
        (
            {"existingClaim": "prompts", "file": "a.jsonl"},
            SearchOptions(catalogue=Path("/catalogue/a.jsonl")),
        ),
        (
            {"url": URL, "index": "songs", "timeoutMilliseconds": 70, "limit": 3},
            SearchOptions(url=URL, index="songs", timeout_milliseconds=70, limit=3),
        ),
    ],
)
def test_search_looks_where_the_release_says(
    render: Render, search: dict[str, Any], expected: SearchOptions
) -> None:
    assert read_search_options(parsed(render, search=search), {}) == expected


def test_the_engines_password_is_where_the_predictor_looks(render: Render) -> None:
    env = container(render, search={"url": URL, "authorizationSecret": "engine"})["env"]
    assert AUTHORIZATION_ENVIRONMENT in {variable["name"] for variable in env}


def test_traces_are_asked_for_only_with_an_endpoint(render: Render) -> None:
    def environment(**overrides: Any) -> dict[str, str]:
        return {
            variable["name"]: variable.get("value", "") for variable in container(render, **overrides)["env"]
        }

    assert not traces_asked_for(environment())
    assert traces_asked_for(environment(tracing={"endpoint": "http://traces.example:4318"}))
