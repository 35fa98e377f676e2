"""The words end-to-end tests are written in: a release on the real cluster, its users, what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cluster.commands import helm, run
from demo import charts
from demo.cluster_reads import Seen, Target, read
from demo.rollout_watch import Outcome, outcome
from demo.ship import Latest, gate_at_work, wait_for_candidate, wait_for_end, wait_until_settled
from demo.user_load import LoadSettings, UserLoad, UserRequest
from demo.waits import wait_for
from demo.words import gate_words, state_words
from tests.e2e.weight_log import WeightLog, weight_log, weight_now

HOST = "asr.e2e.example"
RATE = 3.0
MAX_LOAD_SECONDS = 900.0
SERVES_SECONDS = 240.0
# Why Argo pauses where a strategy says so.
PAUSES = {"CanaryPauseStep", "BlueGreenPause"}


@dataclass
class Trial:
    """One Helm release that tests take turns at; each begins where one version serves everybody."""

    target: Target
    folder: Path
    say: Callable[[str], None]
    host: str = HOST
    good_revision: int = 1
    _shown: tuple[object, ...] = field(default=())

    def stable(self) -> str:
        """Given: the stable version serves everybody; what a test before left unfinished is taken back."""
        if not read(self.target).state.settled:
            self.say(f"back to Helm revision {self.good_revision}")
            charts.roll_back(self.target, self.good_revision)
        seen = wait_until_settled(self.target)
        self.good_revision = self.revision()
        return seen.state.stable

    def ship(self, values: Mapping[str, Any]) -> str:
        """When: these values are shipped with `helm upgrade`; returns the candidate's pod-template hash."""
        before = read(self.target).state.current
        file = self.folder / f"upgrade-{time.time_ns()}.yaml"
        file.write_text(yaml.safe_dump(dict(values)))
        self.say(f"helm upgrade: {json.dumps(values)}")
        charts.upgrade_model(self.target, file)
        return wait_for_candidate(self.target, before)

    def take_back(self) -> None:
        """When: `helm rollback`."""
        self.say("helm rollback")
        charts.roll_back(self.target)

    def abort(self) -> None:
        """When: a person aborts the release."""
        self.say("kubectl argo rollouts abort")
        run(["kubectl", "argo", "rollouts", "abort", self.target.release, "-n", self.target.namespace])

    def promote(self) -> None:
        """When: a person promotes the release."""
        self.say("kubectl argo rollouts promote")
        run(["kubectl", "argo", "rollouts", "promote", self.target.release, "-n", self.target.namespace])

    @contextmanager
    def users(self, rate: float = RATE) -> Iterator[UserLoad]:
        """While: users speak at so many requests a second, open loop; the first ones have been answered."""
        out = self.folder / f"users-{time.time_ns()}.jsonl"
        settings = LoadSettings(
            charts.golden_audio(), out, host=self.host, rate=rate, max_seconds=MAX_LOAD_SECONDS
        )
        with UserLoad(settings) as load:
            wait_for("users are answered", lambda: True if load.requests() else None, seconds=60)
            yield load

    def ends(self, candidate: str, *, seconds: float) -> Outcome:
        """Then: the candidate's release ends in time; returns how."""
        outcome = wait_for_end(self.target, candidate, seconds=seconds, on_look=self._tell)
        decided = f" by {outcome.gate}" if outcome.gate else ""
        self.say(f"{outcome.ending}{decided}: {outcome.message}")
        return outcome

    def waits_for_a_person(self, candidate: str, *, seconds: float) -> None:
        """Then: the release stands at a pause that its strategy asks for, or ended otherwise: a failure."""
        latest = Latest(self.target)

        def look() -> bool | None:
            seen = latest.look()
            self._tell(seen)
            ended = outcome(seen.state, seen.runs, candidate)
            assert ended is None, f"{ended}, instead of a pause for a person"
            return True if PAUSES & set(seen.state.pause_reasons) else None

        name = f"candidate {candidate} waits for a person"
        wait_for(name, look, seconds=seconds, last_seen=latest.words)
        self.say("it waits for a person")

    def serves_users(self, candidate: str, load: UserLoad, *, count: int = 3) -> None:
        """Then: the candidate has answered some users."""
        latest = Latest(self.target)

        def look() -> bool | None:
            self._tell(latest.look())
            return True if len(answered_by(load.requests(), candidate)) >= count else None

        name = f"candidate {candidate} answers {count} users"
        wait_for(name, look, seconds=SERVES_SECONDS, last_seen=latest.words)

    def settles(self) -> Seen:
        """Then: one version serves everybody and nothing is on trial."""
        return wait_until_settled(self.target)

    def weight_of_users(self) -> int:
        """What the gateway is told to give to the candidate, in percent."""
        return weight_now(self.target)

    def revision(self) -> int:
        """Helm's current revision."""
        history = json.loads(helm("history", self.target.release, "-n", self.target.namespace, "-o", "json"))
        return max(int(entry["revision"]) for entry in history)

    def weight_log(self) -> AbstractContextManager[WeightLog]:
        """While: every change of the weights is written down."""
        return weight_log(self.target)

    def _tell(self, seen: Seen) -> None:
        gate = gate_at_work(seen)
        news = (seen.state.phase, seen.state.step, seen.state.weight, gate and (gate.gate, gate.phase))
        if news != self._shown:
            self._shown = news
            self.say(f"{state_words(seen.state)}, {gate_words(gate)}")


def failures(requests: Sequence[UserRequest], *, but_by: str = "") -> list[UserRequest]:
    """Failed requests, but for those that the given candidate itself answered."""
    return [request for request in requests if request.failed and not (but_by and request.pod == but_by)]


def answered_by(requests: Sequence[UserRequest], pod: str) -> list[UserRequest]:
    """Requests that this version answered."""
    return [request for request in requests if request.pod == pod]
