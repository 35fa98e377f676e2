"""Requests to and answers from a Kubernetes API, over real HTTP to a scripted one (a real one: tests/e2e)."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from rollout_policies.errors import ClusterError, NotFoundError
from rollout_policies.kubernetes_api import KubernetesApi
from rollout_policies.rollouts import Comparison
from tests.unit.rollout_policies.scripted_api import ScriptedApi, write_kubeconfig

COMPARISON = Comparison("speech", "asr", "u-1", "7", "aaa", "bbb", (("app", "asr"),))
POD = {
    "metadata": {"name": "asr-1", "labels": {"rollouts-pod-template-hash": "bbb"}},
    "status": {"podIP": "10.0.0.9"},
}


@pytest.fixture
def server() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True).start()
    yield api
    api.shutdown()
    api.server_close()


@pytest.fixture
def kubeconfig(server: ScriptedApi, tmp_path: Path) -> Path:
    return write_kubeconfig(tmp_path / "kubeconfig", server)


@pytest.mark.parametrize(
    ("namespace", "path"),
    [
        (None, "/apis/argoproj.io/v1alpha1/rollouts"),
        ("speech", "/apis/argoproj.io/v1alpha1/namespaces/speech/rollouts"),
    ],
)
def test_rollouts_of_one_or_all_namespaces_are_read(
    kubeconfig: Path, server: ScriptedApi, namespace: str | None, path: str
) -> None:
    server.answers[path] = {"items": [{"metadata": {"name": "asr"}}]}
    assert KubernetesApi(namespace, kubeconfig).rollouts() == [{"metadata": {"name": "asr"}}]


def test_pods_are_selected_as_the_rollout_does_and_come_as_the_api_writes_them(
    kubeconfig: Path, server: ScriptedApi
) -> None:
    server.answers["/api/v1/namespaces/speech/pods"] = {"items": [POD]}
    found = KubernetesApi(None, kubeconfig).pods(COMPARISON)
    assert found[0]["status"]["podIP"] == "10.0.0.9"
    query = parse_qs(urlsplit(server.asked[0][1]).query)
    assert query["labelSelector"] == ["app=asr"]


def test_one_rollout_is_read_by_its_name(kubeconfig: Path, server: ScriptedApi) -> None:
    item = {"metadata": {"name": "asr"}}
    server.answers["/apis/argoproj.io/v1alpha1/namespaces/speech/rollouts/asr"] = item
    assert KubernetesApi(None, kubeconfig).rollout("speech", "asr") == item


def test_a_rollout_that_is_not_there_is_named(kubeconfig: Path, server: ScriptedApi) -> None:
    server.refusal = 404
    with pytest.raises(NotFoundError, match="the cluster has no Rollout speech/tts"):
        KubernetesApi(None, kubeconfig).rollout("speech", "tts")


def test_only_the_runs_of_a_rollouts_labels_are_asked_for(kubeconfig: Path, server: ScriptedApi) -> None:
    path = "/apis/argoproj.io/v1alpha1/namespaces/speech/analysisruns"
    server.answers[path] = {"items": [{"metadata": {"name": "run"}}]}
    assert KubernetesApi(None, kubeconfig).analysis_runs("speech", COMPARISON.selector) == [
        {"metadata": {"name": "run"}}
    ]
    assert parse_qs(urlsplit(server.asked[0][1]).query)["labelSelector"] == ["app=asr"]


def test_only_the_events_of_a_rollout_are_asked_for(kubeconfig: Path, server: ScriptedApi) -> None:
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"name": "asr"},
        "lastTimestamp": "2026-11-24T12:00:00Z",
    }
    server.answers["/api/v1/namespaces/speech/events"] = {"items": [event]}
    (found,) = KubernetesApi(None, kubeconfig).events("speech", "asr")
    assert found["lastTimestamp"] == "2026-11-24T12:00:00+00:00"
    selector = parse_qs(urlsplit(server.asked[0][1]).query)["fieldSelector"]
    assert selector == ["involvedObject.kind=Rollout,involvedObject.name=asr"]


def test_an_event_is_recorded_on_the_rollout(kubeconfig: Path, server: ScriptedApi) -> None:
    server.answers["/api/v1/namespaces/speech/events"] = {"metadata": {}, "involvedObject": {}}
    KubernetesApi(None, kubeconfig).announce(COMPARISON, "WalkStarted", "a sentence", False)
    command, _, sent = server.asked[0]
    assert (command, sent["reason"], sent["message"], sent["type"]) == (
        "POST",
        "WalkStarted",
        "a sentence",
        "Normal",
    )
    assert sent["involvedObject"]["uid"] == "u-1"


def test_a_refused_event_does_not_end_the_walk(
    kubeconfig: Path, server: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    KubernetesApi(None, kubeconfig).announce(COMPARISON, "WalkStarted", "a sentence", False)
    assert "the Event WalkStarted was not recorded: the Kubernetes API answered 403" in caplog.text


def test_a_refused_read_says_what_the_api_answered(kubeconfig: Path) -> None:
    with pytest.raises(ClusterError, match="the Kubernetes API answered 403"):
        KubernetesApi(None, kubeconfig).rollouts()


def test_an_api_that_does_not_answer_is_said_so(kubeconfig: Path, server: ScriptedApi) -> None:
    api = KubernetesApi(None, kubeconfig)
    server.shutdown()
    server.server_close()
    with pytest.raises(ClusterError, match="the Kubernetes API did not answer"):
        api.rollouts()


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"no cluster can be reached with .*nowhere"):
        KubernetesApi(None, tmp_path / "nowhere")
