"""Golden sets that are no image: the referee takes one from a ConfigMap and one from a URL, by its digest."""

from __future__ import annotations

import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster.commands import helm, kubectl, run
from demo import charts
from tests.e2e.conftest import Say

pytestmark = pytest.mark.timeout(400)

NAMESPACE = charts.SYSTEM_NAMESPACE
CLIPS = 3
ARCHIVE, SERVER = "golden-archive", "golden-server"


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    """The first clips of the golden set, as a set of their own."""
    whole, folder = charts.golden_audio(), tmp_path / "small"
    lines = (whole / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[:CLIPS]
    for line in lines:
        name = json.loads(line)["audio_filepath"]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((whole / name).read_bytes())
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def restored(policies: charts.Images, say: Say) -> Iterator[charts.Images]:
    """Afterwards the referee holds what it held, and nothing of the test is left."""
    yield policies
    say("giving the referee its own set again")
    charts.install_policies(policies)
    left = ("configmap/small-golden", f"configmap/{ARCHIVE}", f"pod/{SERVER}")
    kubectl("delete", *left, "-n", NAMESPACE, "--ignore-not-found", "--grace-period=0", "--force")


def create(manifest: str) -> None:
    """Create an object in the referee's namespace."""
    run(["kubectl", "create", "-n", NAMESPACE, "-f", "-"], stdin=manifest)


def serve(archive: Path, image: str) -> str:
    """The URL at which a pod of the cluster serves the archive."""
    kubectl("create", "configmap", ARCHIVE, "-n", NAMESPACE, f"--from-file={archive}")
    command = ["/opt/venv/bin/python", "-m", "http.server", "8000", "--directory", "/data"]
    container = {
        "name": "server",
        "image": image,
        "command": command,
        "readinessProbe": {"httpGet": {"path": "/", "port": 8000}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    volumes = [{"name": "data", "configMap": {"name": ARCHIVE}}]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": SERVER},
        "spec": {"containers": [container], "volumes": volumes},
    }
    create(yaml.safe_dump(pod))
    kubectl("wait", f"pod/{SERVER}", "-n", NAMESPACE, "--for=condition=Ready", "--timeout=60s")
    address = kubectl("get", f"pod/{SERVER}", "-n", NAMESPACE, "-o", "jsonpath={.status.podIP}")
    return f"http://{address.strip()}:8000/{archive.name}"


def test_sets_come_from_a_configmap_and_from_a_url(
    restored: charts.Images, small_set: Path, tmp_path: Path, say: Say
) -> None:
    # given a small set as a ConfigMap, and as an archive that is served
    command = [sys.executable, "-m", "rollout_policies", "golden", "configmap", str(small_set)]
    create(run([*command, "--name", "small-golden"]))
    archive = tmp_path / "small.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(small_set, arcname=".")
    url = serve(archive, restored.referee)

    # when the referee is to hold them beside its own
    digest = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    sets = [
        {"name": "asterisk-en", "image": restored.golden_set},
        {"name": "from-configmap", "configMap": "small-golden"},
        {"name": "from-url", "url": url, "digest": digest},
    ]
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"goldenSets": sets}))
    say("helm upgrade: a set from a ConfigMap and one from a URL")
    chart = str(charts.CHARTS / "rollout-policies")
    helm("upgrade", "rollout-policies", chart, "-n", NAMESPACE, "--reuse-values", "-f", str(values))
    kubectl("rollout", "status", charts.REFEREE, "-n", NAMESPACE, "--timeout=180s")

    # then it has read both
    log = kubectl("logs", charts.REFEREE, "-n", NAMESPACE, "-c", "referee")
    for name in ("from-configmap", "from-url"):
        assert f"golden set {name}: {CLIPS} clips" in log
