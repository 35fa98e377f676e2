"""The API document names every route and no other; it is OpenAPI 3.1, and its page is one file."""

import re
from pathlib import Path

import jsonschema
import pytest
from fastapi import FastAPI
from kserve import ModelRepository
from kserve.model_server import ModelRepositoryExtension
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.server import RESTServer
from prometheus_client import CollectorRegistry
from starlette.routing import WebSocketRoute

from model_server.artefact.manifest import Artefact, Limits, SelfTest
from model_server.errors import REFUSALS, ClientGoneError, InjectedError
from model_server.intake import BodyRoom, IntakeLimits
from model_server.ledger import Ledger
from model_server.lifecycle import Lifecycle
from model_server.metrics import Metrics
from model_server.options import parse_options
from model_server.protocols import openai
from model_server.protocols.application import application
from model_server.protocols.http import ServerParts
from model_server.protocols.openapi import document
from model_server.protocols.openapi_operation import SPEECH_REFUSALS
from model_server.protocols.openapi_operations import SIGNPOSTS
from model_server.protocols.openapi_page import page

ARTEFACT = Artefact(
    *(Path(), "m", "1", "onnx", "en", "MIT", 16_000, Limits(24, 6), {}, SelfTest("a.wav", "a"), "d")
)


@pytest.fixture(scope="module")
def described():
    return document()


@pytest.fixture(scope="module")
def operations(described):
    return [
        (method, path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def nameless(path):
    """A path whose parameters have no names: each framework has its own."""
    return re.sub(r"\{[^}]+\}", "{}", path)


def own_routes():
    limits = IntakeLimits(60, 60)
    metrics = Metrics(CollectorRegistry())
    options = parse_options(["--model", "."], {})
    parts = (options, ARTEFACT, None, Lifecycle(), metrics, Ledger(metrics), limits, BodyRoom(limits))
    server = ServerParts(*parts)
    return application(server, FastAPI()).routes


def served():
    """The method and path of every route of ours; of a POST's path the other methods are refusals."""
    found = {}
    for route in own_routes():
        if isinstance(route, WebSocketRoute) or "GET" in route.methods:
            found.setdefault(nameless(route.path), "get")
        if not isinstance(route, WebSocketRoute) and "POST" in route.methods:
            found[nameless(route.path)] = "post"
    return {(method, path) for path, method in found.items()}


def sdk_served():
    """What KServe's SDK answers besides, where no route of ours comes before."""
    models = ModelRepository()
    sdk = FastAPI()
    rest = RESTServer("", DataPlane(model_registry=models), ModelRepositoryExtension(models), 0)
    rest._register_endpoints(sdk)
    ours = {path for _, path in served()}
    return {
        (method, nameless(path))
        for path, methods in sdk.openapi()["paths"].items()
        for method in methods
        if nameless(path) not in ours
    }


def test_every_route_is_described_and_every_description_has_a_route(operations):
    described = {(method, nameless(path)) for method, path, _ in operations}
    signposts = {nameless(path) for path in SIGNPOSTS}

    routes = {(method, path) for method, path in served() | sdk_served() if path not in signposts}
    assert described == routes


def test_document_is_openapi(described, operations):
    assert described["openapi"] == "3.1.0"
    assert set(described["info"]) >= {"title", "version"}
    assert len({operation["operationId"] for _, _, operation in operations}) == len(operations)
    for _, _, operation in operations:
        assert all(re.fullmatch(r"[1-5]\d\d", code) for code in operation["responses"])
        assert all(answer["description"] for answer in operation["responses"].values())


def test_parameters_in_paths_are_described(operations):
    for _, path, operation in operations:
        named = {
            each["name"] for each in operation["parameters"] if each["in"] == "path" and each["required"]
        }
        assert named == set(re.findall(r"\{([^}]+)\}", path)), path


def references(node):
    if isinstance(node, dict):
        found = [node["$ref"]] if "$ref" in node else []
        return found + [name for value in node.values() for name in references(value)]
    return [name for value in node for name in references(value)] if isinstance(node, list) else []


def test_schemas_are_json_schemas_and_each_is_used(described):
    schemas = described["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)

    used = {name.rpartition("/")[2] for name in references(described) if "/schemas/" in name}
    assert used == set(schemas)


def test_forms_fields_are_those_that_are_read(described):
    assert set(described["components"]["schemas"]["TranscriptionForm"]["properties"]) == set(openai.FIELDS)


def test_requests_for_speech_tell_every_refusal_that_a_client_can_see():
    assert set(SPEECH_REFUSALS) == set(REFUSALS) - {ClientGoneError, InjectedError}


def test_page_needs_nothing_from_outside(described):
    html = page(described)

    assert not re.search(r"<(script|link|img|iframe)|src=|@import|url\(", html)
    assert set(re.findall(r'href="([^#"]+)', html)) == {"openapi.json"}
    anchors = set(re.findall(r' id="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= anchors


def test_page_escapes_what_it_shows(described):
    hostile = {**described, "info": {**described["info"], "title": "<script>", "description": "a & b"}}

    html = page(hostile)
    assert "<script>" not in html
    assert "a &amp; b" in html
