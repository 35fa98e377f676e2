"""What a release leaves behind: one version serves everybody; no route, mirror, pod or load is another's."""

from __future__ import annotations

from typing import Any

from cluster.commands import kubectl_json
from demo.rollout_watch import HASH_LABEL
from demo.waits import wait_for
from tests.e2e.trial import Trial

# Above the delays after which the values of tests/e2e let Argo scale an old version down, and a pod's grace.
SCALE_DOWN_SECONDS = 150.0


def leftovers(trial: Trial, version: str) -> list[str]:
    """Everything that is not `version`'s, in words; empty where all is clean."""
    namespace, release = trial.target.namespace, trial.target.release
    found = []
    for name in (f"{release}-stable", f"{release}-canary"):
        selector = kubectl_json("get", "service", name, "-n", namespace)["spec"].get("selector", {})
        if selector.get(HASH_LABEL) != version:
            found.append(f"Service {name} selects {selector}")
    for route in _routes(namespace, release):
        shares = [to.get("weight", 0) for to in route["route"]]
        if (route.get("name"), shares) != ("primary", [100, 0]) or "mirror" in route or "mirrors" in route:
            found.append(f"route {route}")
    own = f"app.kubernetes.io/component=predictor,app.kubernetes.io/instance={release}"
    for pod in kubectl_json("get", "pods", "-n", namespace, "-l", own)["items"]:
        if pod["metadata"]["labels"].get(HASH_LABEL) != version:
            found.append(f"pod {pod['metadata']['name']}")
    # The capacity gate's Job: one that is over stays an hour, for its log.
    loads = f"app.kubernetes.io/component=loadtest,app.kubernetes.io/instance={release}"
    for pod in kubectl_json("get", "pods", "-n", namespace, "-l", loads)["items"]:
        if pod["status"]["phase"] not in ("Succeeded", "Failed"):
            found.append(f"load test {pod['metadata']['name']}")
    return found


def is_left_clean(trial: Trial, version: str) -> None:
    """Then: within the delays of a scale-down nothing but `version` is left."""
    wait_for(
        f"nothing but {version} is left",
        lambda: True if not leftovers(trial, version) else None,
        seconds=SCALE_DOWN_SECONDS,
        last_seen=lambda: "; ".join(leftovers(trial, version)),
    )


def _routes(namespace: str, release: str) -> list[dict[str, Any]]:
    found = kubectl_json("get", "virtualservices", "-n", namespace)["items"]
    weights = [item for item in found if item["metadata"]["name"].startswith(f"{release}-weights")]
    return [route for item in weights for route in item["spec"]["http"]]
