"""What the gateway was told to give a candidate, change by change, read from the object that Argo edits."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cluster.commands import environment, kubectl
from demo.cluster_reads import Target

_WEIGHTS = 'jsonpath={.spec.http[?(@.name=="primary")].route[*].weight}'
FOLLOWER_SECONDS = 30.0


@dataclass
class WeightLog:
    """When the candidate was given which share of the users: epoch seconds and percent."""

    changes: list[tuple[float, int]] = field(default_factory=list)

    def follow(self, watch: subprocess.Popen[str]) -> None:
        """Write down each change that `kubectl get --watch` tells, until it ends."""
        for line in watch.stdout or ():
            if line.strip() and [_weight_in(line)] != [weight for _, weight in self.changes[-1:]]:
                self.changes.append((time.time(), _weight_in(line)))

    def weights(self) -> list[int]:
        """The weights one after another."""
        return [weight for _, weight in self.changes]


def weight_now(target: Target) -> int:
    """What the gateway is told to give to the candidate, in percent."""
    return _weight_in(kubectl(*_object(target), "-o", _WEIGHTS))


@contextmanager
def weight_log(target: Target) -> Iterator[WeightLog]:
    """While: every change of the weights is written down."""
    command = ["kubectl", *_object(target), "--watch", "-o", _WEIGHTS + '{"\\n"}']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as watch:
        log = WeightLog()
        follower = threading.Thread(target=log.follow, args=(watch,), daemon=True)
        follower.start()
        try:
            yield log
        finally:
            watch.terminate()
            follower.join(FOLLOWER_SECONDS)


def _object(target: Target) -> tuple[str, ...]:
    return ("get", "virtualservice", f"{target.release}-weights", "-n", target.namespace)


def _weight_in(line: str) -> int:
    # Stable's weight, then the candidate's; one that Istio leaves out is 0.
    weights = [int(word) for word in line.split()]
    return weights[1] if len(weights) > 1 else 0
