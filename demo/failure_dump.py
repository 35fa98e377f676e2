"""What a person needs after a failure: Rollout, gates, events, ends of logs. A missing part is told."""

from __future__ import annotations

from cluster.commands import run, succeeds
from cluster.errors import CommandError
from demo.charts import SYSTEM_NAMESPACE
from demo.cluster_reads import Target

LOG_LINES = 25
LINE_CHARACTERS = 300
ANSWER_SECONDS = 5


def failure_dump(target: Target) -> str:
    """Everything in one text, a headed part for each question."""
    if not succeeds(["kubectl", "get", "--raw=/readyz", f"--request-timeout={ANSWER_SECONDS}s"]):
        return f"the cluster does not answer within {ANSWER_SECONDS} s"
    here = ("-n", target.namespace)
    there = ("-n", SYSTEM_NAMESPACE)
    parts = {
        "rollout": ("kubectl", "argo", "rollouts", "get", "rollout", target.release, *here, "--no-color"),
        "rollout status": ("kubectl", "get", "rollout", target.release, *here, "-o", "jsonpath={.status}"),
        "weights": ("kubectl", "get", "virtualservice", *here, "-o", "jsonpath={.items[*].spec.http}"),
        "analysis runs": ("kubectl", "get", "analysisruns", *here, "-o", _RUNS),
        "pods": ("kubectl", "get", "pods", *here, "-o", "wide", "--show-labels"),
        "events": ("kubectl", "get", "events", *here, "--sort-by=.lastTimestamp"),
        "predictor logs": ("kubectl", "logs", *here, "-l", _PREDICTORS, "--prefix", f"--tail={LOG_LINES}"),
        "referee logs": ("kubectl", "logs", *there, "-l", _REFEREE, "--prefix", f"--tail={LOG_LINES}"),
        "helm": ("helm", "history", target.release, *here),
    }
    return "\n".join(f"--- {name} ---\n{_told(command)}" for name, command in parts.items())


_PREDICTORS = "app.kubernetes.io/component=predictor"
_REFEREE = "app.kubernetes.io/name=rollout-policies"
_RUNS = (
    'jsonpath={range .items[*]}{.metadata.name}{" "}{.status.phase}{" "}{.status.message}{"\\n"}'
    '{range .status.metricResults[*]}  {.name}{" count "}{.count}{" "}{.measurements[-1:]}{"\\n"}{end}{end}'
)


def _told(command: tuple[str, ...]) -> str:
    try:
        said = run(list(command), timeout_seconds=30)
    except CommandError as error:
        return str(error)
    return "\n".join(line[:LINE_CHARACTERS] for line in said.splitlines()[-80:])
