"""What of the weights' routes is chosen at install; a stub of the cluster's API answers Helm's look-ups."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import paths

ISTIO = "/apis/networking.istio.io/v1"
ROUTE = f"{ISTIO}/namespaces/speech/virtualservices/asr-weights"
KIND = {"name": "virtualservices", "kind": "VirtualService", "namespaced": True, "verbs": ["get"]}
VERSION = {"groupVersion": "networking.istio.io/v1", "version": "v1"}
GROUP = {"name": "networking.istio.io", "versions": [VERSION], "preferredVersion": VERSION}
OPENING: dict[str, dict[str, Any]] = {
    "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [GROUP]},
    ISTIO: {"kind": "APIResourceList", "groupVersion": "networking.istio.io/v1", "resources": [KIND]},
}


class Stub(ThreadingHTTPServer):
    """Answers what is in `objects` by path, all else 404."""

    objects: dict[str, dict[str, Any]]


class Answer(BaseHTTPRequestHandler):
    server: Stub

    def do_GET(self) -> None:
        found = self.server.objects.get(self.path.split("?")[0])
        missing = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": "NotFound",
            "code": 404,
        }
        self.send_response(200 if found else 404)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found or missing).encode())

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub(("127.0.0.1", 0), Answer) as server:
        server.objects = dict(OPENING)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def upgrade(
    stub: Stub, folder: Path, managed_by: str, owner: dict[str, str], *settings: str
) -> tuple[int, str]:
    """Render an upgrade beside a weights route with the annotations `owner`."""
    metadata = {"name": "asr-weights", "namespace": "speech", "annotations": owner}
    stub.objects[ROUTE] = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": metadata,
    }
    server = {"name": "stub", "cluster": {"server": f"http://127.0.0.1:{stub.server_port}"}}
    context = {"name": "stub", "context": {"cluster": "stub", "user": "stub"}}
    users = [{"name": "stub", "user": {}}]
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [server], "contexts": [context]}
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config | {"users": users, "current-context": "stub"}))
    chart = str(paths.repository_root() / "charts" / "model-server")
    command = [str(paths.bin_dir() / "helm"), "template", "asr", chart, "--namespace=speech", "--is-upgrade"]
    given = ["--dry-run=server", f"--kubeconfig={kubeconfig}", f"--set=route.weightsManagedBy={managed_by}"]
    given += [f"--set={setting}" for setting in settings]
    done = subprocess.run([*command, *given], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_an_upgrade_that_would_delete_the_weights_is_refused(stub: Stub, tmp_path: Path) -> None:
    code, said = upgrade(stub, tmp_path, "hook", {"meta.helm.sh/release-name": "asr"})
    assert code != 0
    assert "route.weightsManagedBy must stay manifest, not hook" in said


@pytest.mark.parametrize(
    ("managed_by", "owner"), [("hook", {}), ("manifest", {"meta.helm.sh/release-name": "asr"})]
)
def test_an_upgrade_that_keeps_the_weights_is_rendered(
    stub: Stub, tmp_path: Path, managed_by: str, owner: dict[str, str]
) -> None:
    _, said = upgrade(stub, tmp_path, managed_by, owner)
    assert "weightsManagedBy" not in said
    # Rendered: Helm went on to what the stub does not have.
    assert "unable to build kubernetes objects" in said


def test_grpc_is_refused_to_a_release_that_was_installed_without_its_route(
    stub: Stub, tmp_path: Path
) -> None:
    code, said = upgrade(stub, tmp_path, "hook", {}, "grpc.enabled=true")
    assert code != 0
    assert "grpc.enabled needs the VirtualService asr-weights-grpc" in said


def test_grpc_is_given_to_a_release_that_has_its_route(stub: Stub, tmp_path: Path) -> None:
    stub.objects[f"{ROUTE}-grpc"] = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "asr-weights-grpc", "namespace": "speech"},
    }
    _, said = upgrade(stub, tmp_path, "hook", {}, "grpc.enabled=true")
    assert "grpc.enabled" not in said
    assert "unable to build kubernetes objects" in said
