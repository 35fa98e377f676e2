"""Gives the AnalysisRuns of a release's Experiments what those of its own steps bear; pure.

Gates against a baseline run in an Experiment, which Argo names <rollout>-<candidate>-<revision>-<step>
(argo-rollouts 1.10, rollout/experiment.go), with -1 and so on behind it when the step is tried again. Their
runs are owned by it and bear neither the candidate's hash nor the revision nor the step.
"""

import re

from rollout_policies.rollouts import POD_TEMPLATE_HASH, REVISION, Object

# Labels that Argo gives to the run of a Rollout's step.
STEP = "step-index"
KIND = "rollout-type"


def as_steps_run(run: Object, rollout: str) -> Object:
    """Return the run of a Rollout's Experiment as one of its step's own; any other as it is."""
    metadata = run["metadata"]
    for owner in metadata.get("ownerReferences") or ():
        named = re.fullmatch(rf"{re.escape(rollout)}-([a-z0-9]+)-(\d+)-(\d+)(?:-\d+)?", owner.get("name", ""))
        if owner.get("kind") == "Experiment" and named:
            candidate, revision, step = named.groups()
            labels = {POD_TEMPLATE_HASH: candidate, STEP: step, KIND: "Step"}
            return {
                **run,
                "metadata": {
                    **metadata,
                    "labels": {**(metadata.get("labels") or {}), **labels},
                    "annotations": {**(metadata.get("annotations") or {}), REVISION: revision},
                    "ownerReferences": [{"kind": "Rollout", "name": rollout}],
                },
            }
    return run
