"""A release as a cluster keeps it, in objects written by hand, and the evidence of its walk over `golden`.

Times are seconds after noon of one day, so that they can be read.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollout_policies.cost import Cost, Spent
from rollout_policies.evidence import EvidenceFile, Identity, Pair, SideResult
from rollout_policies.golden.manifest import GoldenSet

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC).timestamp()
STEPS = [
    {"setCanaryScale": {"replicas": 1}},
    {"setWeight": 0},
    {"analysis": {}},
    {"setWeight": 25},
    {"analysis": {}},
]


def at(seconds: float) -> str:
    """A time as the Kubernetes API writes it."""
    return datetime.fromtimestamp(NOON + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rollout(**status: Any) -> dict[str, Any]:
    """A Rollout whose candidate is bbb, on the way unless its status says otherwise."""
    annotations = {"rollout.argoproj.io/revision": "7", "serinus.dev/golden-set": "small"}
    return {
        "metadata": {"namespace": "speech", "name": "asr", "uid": "u-1", "annotations": annotations},
        "spec": {
            "selector": {"matchLabels": {"app": "asr"}},
            "strategy": {"canary": {"steps": STEPS}},
            "template": {
                "metadata": {"annotations": {"serinus.dev/model-digest": "sha256:cafe"}},
                "spec": {"containers": [{"name": "predictor", "image": "serinus/model-server:2"}]},
            },
        },
        "status": {"phase": "Progressing", "stableRS": "aaa", "currentPodHash": "bbb", "currentStepIndex": 2}
        | status,
    }


def run(name: str, step: int, phase: str, began: float, **more: Any) -> dict[str, Any]:
    """An AnalysisRun of one metric; `values` are its measurements, 5 s apart, `args` its thresholds."""
    values, args = (
        more.get("values", []),
        {"stable": "aaa", "candidate": "bbb"}
        | {f"{name}-{key}": value for key, value in more.get("args", {}).items()},
    )
    looks = [
        {"phase": phase, "value": value, "startedAt": at(began + 5 * n), "finishedAt": at(began + 5 * n)}
        for n, value in enumerate(values)
    ]
    ended = {} if phase == "Running" else {"completedAt": at(began + more.get("took", 30))}
    return {
        "metadata": {
            "name": f"asr-{name}-{step}",
            "labels": {
                "rollouts-pod-template-hash": more.get("candidate", "bbb"),
                "step-index": str(step),
                "rollout-type": "Step",
            },
            "annotations": {"rollout.argoproj.io/revision": more.get("revision", "7")},
            "ownerReferences": [{"kind": "Rollout", "name": "asr"}],
        },
        "spec": {"metrics": [{"name": name}], "args": [{"name": k, "value": v} for k, v in args.items()]},
        "status": {
            "phase": phase,
            "message": more.get("message", ""),
            "startedAt": at(began),
            "metricResults": [{"name": name, "count": len(looks), "phase": phase, "measurements": looks}]
            if looks
            else [],
            **ended,
        },
    }


def event(seconds: float, reason: str, message: str, kind: str = "Normal") -> dict[str, Any]:
    """An Event on the Rollout."""
    return {
        "reason": reason,
        "message": message,
        "type": kind,
        "lastTimestamp": at(seconds),
        "eventTime": None,
    }


STARTED = event(0, "RolloutUpdated", "Rollout updated to revision 7")
ABORTED = event(45, "RolloutAborted", "Rollout aborted update to revision 7", "Warning")
FAILED = run(
    "accuracy",
    2,
    "Failed",
    10,
    values=["[]", "[0.0471]"],
    args={"margin": "0.01", "min-pairs": "50"},
    message='Metric "accuracy" assessed Failed due to failed (1) > failureLimit (0)',
)
ROLLED_BACK = rollout(phase="Degraded", abort=True, abortedAt=at(45))


def side(text: str, word_errors: int, inference_ms: float | None, reason: str = "") -> SideResult:
    """What a pod made of a clip."""
    return SideResult(text, word_errors, 500 if reason else 200, reason, inference_ms, 1, "asr-pod")


# What the first pair of the walk took: 3 s, a warm-up of each side and two refusals of the candidate's.
COST = Cost(3.0, Spent(2, 0, 0, 4.0, 0.2), Spent(4, 2, 2, 4.0, 0.3))

# Over the labels of the fixture `golden`: 17 words, 1 error of stable's, 9 of the candidate's.
PAIRS = [
    Pair(
        "audio/2.wav",
        NOON + 10,
        side("Thank you for calling us today.", 0, 100),
        side("Thank you calling the day", 3, 150),
        COST,
    ),
    Pair("audio/4.wav", NOON + 12, side("all lines are busy now", 0, 80), side("", 5, None, "status 500")),
    Pair("audio/0.wav", NOON + 14, side("press one how", 1, 60), side("press one now", 0, 90)),
    Pair("audio/1.wav", NOON + 16, side("please hold", 0, 40), side("please <b>hold</b> on", 1, 60)),
    Pair("audio/3.wav", NOON + 18, side("goodbye", 0, 20), side("goodbye", 0, 30)),
]


def keep_evidence(directory: Path, golden: GoldenSet, candidate: str = "bbb") -> Path:
    """Write the pairs as a referee keeps them and return the file."""
    file = EvidenceFile(directory, Identity("speech", "asr", "aaa", candidate, golden.digest))
    for pair in PAIRS:
        file.append(pair)
    return file.path
