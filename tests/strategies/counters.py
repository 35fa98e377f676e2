"""What the pods of a release have counted, read from each pod's own metrics."""

from __future__ import annotations

import re
from collections import Counter

from cluster.commands import kubectl, kubectl_json
from tests.e2e.trial import Trial

REQUESTS = re.compile(
    r'^asr_requests_total\{code="(\d+)",reason="\w+",traffic="(\w+)"\} (\S+)$', re.MULTILINE
)


def answers(trial: Trial, selector: str) -> Counter[tuple[str, str]]:
    """Answers of the ready pods that a label selector finds, by traffic and status code."""
    namespace, counted = trial.target.namespace, Counter[tuple[str, str]]()
    for pod in kubectl_json("get", "pods", "-n", namespace, "-l", selector)["items"]:
        if all(one.get("ready") for one in pod["status"].get("containerStatuses", [{}])):
            path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:8080/proxy/metrics"
            for code, traffic, count in REQUESTS.findall(kubectl("get", "--raw", path)):
                counted[traffic, code] += int(float(count))
    return counted
