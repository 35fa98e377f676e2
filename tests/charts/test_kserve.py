"""The InferenceService runs what the chart runs, in fields that KServe's SDK knows; no KServe runs here."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import kserve
import kubernetes.client
import pytest
import yaml

from cluster import paths

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
MANIFEST = yaml.safe_load(
    (paths.repository_root() / "manifests" / "kserve" / "inference-service.yaml").read_text()
)
PREDICTOR = MANIFEST["spec"]["predictor"]
# What belongs to Argo Rollouts' pods alone: the account and the label of the hash.
OTHER = {"name", "env"}


def unknown(value: Any, kind: str, where: str) -> Iterator[str]:
    """Fields that the SDK's types lack, at any depth; `kind` is a type as the SDKs write it."""
    listed = re.fullmatch(r"[Ll]ist\[(.+)\]", kind)
    if listed:
        for number, item in enumerate(value):
            yield from unknown(item, listed[1], f"{where}[{number}]")
    model = getattr(kserve, kind, None) or getattr(kubernetes.client, kind, None)
    if model is None or not isinstance(value, dict):
        return
    attributes = {written: name for name, written in model.attribute_map.items()}
    for field, below in value.items():
        if field not in attributes:
            yield f"{where}.{field}"
        else:
            yield from unknown(below, model.openapi_types[attributes[field]], f"{where}.{field}")


@pytest.fixture
def chart_pod(render: Render) -> dict[str, Any]:
    """The pod that the chart makes with its own values."""
    found: dict[str, Any] = render("model-server")["Rollout", "asr"]["spec"]["template"]["spec"]
    return found


def test_kserves_sdk_knows_every_field() -> None:
    assert MANIFEST["apiVersion"] == "serving.kserve.io/v1beta1"
    assert list(unknown(MANIFEST, "V1beta1InferenceService", "")) == []


def test_a_field_that_kserve_lacks_would_be_found() -> None:
    wrong = {"spec": {"predictor": {"containers": [{"image": "a", "ports": [{"port": 80}]}], "replicas": 2}}}
    found = set(unknown(wrong, "V1beta1InferenceService", ""))
    assert found == {".spec.predictor.replicas", ".spec.predictor.containers[0].ports[0].port"}


def test_the_container_is_the_charts(chart_pod: dict[str, Any]) -> None:
    (theirs,), (ours,) = PREDICTOR["containers"], chart_pod["containers"]
    assert {field for field in ours | theirs if ours.get(field) != theirs.get(field)} == OTHER
    assert theirs["name"] == "kserve-container"


def test_the_pod_is_the_charts(chart_pod: dict[str, Any]) -> None:
    different = {field for field in chart_pod if chart_pod[field] != PREDICTOR.get(field)}
    assert different == {"serviceAccountName", "containers"}


def test_clients_of_kserve_find_the_model_by_the_services_name() -> None:
    assert f"--served-name={MANIFEST['metadata']['name']}" in PREDICTOR["containers"][0]["args"]


def test_the_route_waits_as_long_as_the_charts(render: Render) -> None:
    (route,) = render("model-server")["VirtualService", "asr"]["spec"]["http"]
    assert route["timeout"] == f"{PREDICTOR['timeout']}s"
