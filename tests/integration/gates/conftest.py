"""A real Prometheus on loopback and the gates as the charts render them; knows no gate by name.

Series are sent with their own times by OTLP, so that ten minutes of evidence need no ten minutes.
"""

import json
import math
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import engine, paths, pins
from tests.integration.gates.evidence import Series

START_SECONDS = 30
CONFIG = """
otlp:
  translation_strategy: UnderscoreEscapingWithoutSuffixes
storage:
  tsdb:
    out_of_order_time_window: 12h
"""
# A watch lets what is silent go on.
OR_SILENT = "len(result) == 0 || isNaN(result[0]) || result[0] "
CONDITION = re.compile(r"len\(result\) == 1 && !isNaN\(result\[0\]\) && result\[0\] (<=|>=|<|>) (\S+)")
HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda measured, threshold: measured <= threshold,
    ">=": lambda measured, threshold: measured >= threshold,
    "<": lambda measured, threshold: measured < threshold,
    ">": lambda measured, threshold: measured > threshold,
}


def prometheus_program(folder: Path) -> Path:
    """Return the Prometheus that the cluster's images were made of, or take it out of the published one."""
    built = paths.built_dir() / "prometheus"
    if built.exists():
        return built
    image = pins.load()["prometheus"].published
    container = f"serinus-test-{uuid.uuid4().hex[:8]}"
    engine.docker("create", "--name", container, image)
    engine.docker("cp", "--follow-link", f"{container}:/bin/prometheus", str(folder))
    engine.docker("rm", container)
    return folder / "prometheus"


class Prometheus:
    """What the tests ask of the running process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def write(self, series: Iterable[Series], now: float) -> None:
        """Store the series as gauges, ages counted back from `now`."""
        metrics = [
            {"name": one.name, "gauge": {"dataPoints": [_point(one.labels, *point) for point in one.at(now)]}}
            for one in series
        ]
        body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}
        request = urllib.request.Request(
            f"{self.url}/api/v1/otlp/v1/metrics",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def query(self, query: str, now: float) -> list[float]:
        """Return the values of an instant vector."""
        form = urllib.parse.urlencode({"query": query, "time": now}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query", data=form, timeout=30) as answer:
                data = json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        assert data["resultType"] == "vector"
        return [float(sample["value"][1]) for sample in data["result"]]


def _point(labels: dict[str, str], seconds: float, value: float) -> dict[str, Any]:
    return {
        "timeUnixNano": str(round(seconds * 1000) * 1_000_000),
        "asDouble": "NaN" if math.isnan(value) else value,
        "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in labels.items()],
    }


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    """A Prometheus that scrapes nothing."""
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        folder = Path(name)
        (folder / "prometheus.yml").write_text(CONFIG)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [
            *(prometheus_program(folder), f"--config.file={folder}/prometheus.yml"),
            *(f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}"),
            "--web.enable-otlp-receiver",
        ]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            server = Prometheus(f"http://127.0.0.1:{port}")
            deadline = time.monotonic() + START_SECONDS
            while not server.ready():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, f"Prometheus not ready after {START_SECONDS} s"
                time.sleep(0.05)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


@pytest.fixture(scope="session")
def templates() -> dict[str, dict[str, Any]]:
    """The one metric of each rendered ClusterAnalysisTemplate, by its gate's name."""
    helm = paths.bin_dir() / "helm"
    assert helm.exists(), f"{helm} is missing: run `make cluster` first"
    chart = paths.repository_root() / "charts" / "rollout-policies"
    done = subprocess.run([helm, "template", "policies", chart], capture_output=True, text=True, check=True)
    documents = [document for document in yaml.safe_load_all(done.stdout) if document]
    specs = [item["spec"] for item in documents if item["kind"] == "ClusterAnalysisTemplate"]
    return {metric["name"]: metric for spec in specs for metric in spec["metrics"]}


@pytest.fixture
def judge(prometheus: Prometheus, templates: dict[str, dict[str, Any]]) -> Callable[..., str]:
    """Return what Argo makes of one measurement: Successful, Failed or Inconclusive.

    Each call's series live in a namespace of their own, written `{namespace}` in labels.
    """

    def judge(gate: str, series: Iterable[Series], **thresholds: float) -> str:
        namespace, now = f"case-{uuid.uuid4().hex[:8]}", time.time()
        args = {"namespace": namespace, "rollout": "asr", "stable": "aaa", "candidate": "bbb"}
        args |= {f"{gate}-{name.replace('_', '-')}": str(value) for name, value in thresholds.items()}
        metric = json.dumps(templates[gate])
        for name, value in args.items():
            metric = metric.replace(f"{{{{args.{name}}}}}", value)
        resolved = json.loads(metric)
        prometheus.write([_in_namespace(one, namespace) for one in series], now)
        result = prometheus.query(resolved["provider"]["prometheus"]["query"], now)
        failed, passed = (
            holds(resolved["failureCondition"], result),
            holds(resolved["successCondition"], result),
        )
        return "Failed" if failed else "Successful" if passed else "Inconclusive"

    return judge


def _in_namespace(series: Series, namespace: str) -> Series:
    labels = {key: text.replace("{namespace}", namespace) for key, text in series.labels.items()}
    return replace(series, labels=labels)


def holds(condition: str, result: list[float]) -> bool:
    """Evaluate a gate's condition, whose one form tests/charts/test_gates.py asks for."""
    if condition.startswith(OR_SILENT):
        operator, threshold = condition.removeprefix(OR_SILENT).split()
        silent = len(result) == 0 or math.isnan(result[0])
        return silent or HOLDS[operator](result[0], float(threshold))
    form = CONDITION.fullmatch(condition)
    assert form is not None, condition
    return len(result) == 1 and not math.isnan(result[0]) and HOLDS[form[1]](result[0], float(form[2]))
