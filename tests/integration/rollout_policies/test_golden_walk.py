"""`python -m rollout_policies referee` as a process on real clips, read as Prometheus reads it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.rollout_policies.conftest import CLIPS, ROOT, free_port, wait_until
from tests.unit.rollout_policies.scripted_api import ScriptedApi, write_kubeconfig

WALK_SECONDS = 180


class RefereeProcess:
    """One process of the referee and what its port says."""

    def __init__(self, golden: Path, data: Path, kubeconfig: Path) -> None:
        self.port = free_port()
        self._log = data / "referee.log"
        command = [sys.executable, "-m", "rollout_policies", "referee", "--golden", f"forty={golden}"]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--data", str(data), "--port", str(self.port), "--kubeconfig", str(kubeconfig)],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={
                    name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
                },
            )

    def get(self, path: str) -> httpx.Response | None:
        """Return an answer of the referee's port; None while nobody listens."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", trust_env=False)
        return None

    def sample(self, name: str, **labels: str) -> float | None:
        """Return one sample of /metrics; None where it does not exist."""
        assert self.process.poll() is None, self._log.read_text()
        answer = self.get("/metrics")
        for family in text_string_to_metric_families(answer.text if answer else ""):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return sample.value
        return None

    def tell(self, kind: str, **data: object) -> int:
        """Send an event as a predictor does and return the status it is answered."""
        event = {"specversion": "1.0", "type": f"dev.serinus.{kind}", "data": data}
        url = f"http://127.0.0.1:{self.port}/events"
        return httpx.post(url, json=event, trust_env=False).status_code

    def is_complete(self) -> bool:
        """Say whether a walk is shown and no clip of it is left."""
        return self.sample("referee_pairs_remaining") == 0

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


StartReferee = Callable[[], RefereeProcess]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the referee keeps its evidence: a volume that outlives it."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def start_referee(api: ScriptedApi, golden_directory: Path, data: Path) -> Iterator[StartReferee]:
    """Start a referee on the module's evidence; those still running at the end are killed."""
    with contextlib.ExitStack() as running:

        def start() -> RefereeProcess:
            referee = RefereeProcess(golden_directory, data, write_kubeconfig(data / "kubeconfig", api))
            running.callback(referee.process.wait, timeout=30)
            running.callback(referee.process.kill)
            return referee

        yield start


@pytest.fixture(scope="module")
def referee(start_referee: StartReferee) -> RefereeProcess:
    """A referee whose walk is over."""
    running = start_referee()
    wait_until("every clip has been compared", running.is_complete, WALK_SECONDS)
    return running


def test_a_candidate_that_cuts_words_off_is_proved_worse(referee: RefereeProcess) -> None:
    lower = referee.sample(
        "referee_difference_lower", measure="word_errors", candidate="candidate1", revision="2"
    )
    assert referee.sample("referee_pairs", rollout="asr", stable="stable1") == CLIPS
    assert lower is not None
    assert lower > 0.05


def test_the_bounds_on_times_meet_too(referee: RefereeProcess) -> None:
    """Less audio is no more work, on a machine that does other things meanwhile."""
    lower, upper = (
        referee.sample(f"referee_difference_{end}", measure="latency") for end in ("lower", "upper")
    )
    assert lower == pytest.approx(upper, rel=1e-4)
    assert lower is not None
    assert 0.2 < lower < 1.5


def test_the_walk_is_told_by_events(referee: RefereeProcess, api: ScriptedApi) -> None:
    told = [sent["reason"] for command, _, sent in list(api.asked) if command == "POST"]
    assert told == ["WalkStarted", "WalkCompleted"]


def test_what_the_walk_took_is_counted(referee: RefereeProcess) -> None:
    """One warm-up beside the clips; nobody else was there, so none was refused."""
    for side in ("stable", "candidate"):
        assert referee.sample("referee_probes_total", side=side) == CLIPS + 1
        assert referee.sample("referee_probes_refused_total", side=side) == 0
        inference = referee.sample("referee_probe_inference_seconds_total", side=side)
        seconds = referee.sample("referee_walk_seconds_total")
        assert inference is not None
        assert seconds is not None
        assert 0 < inference < seconds


def test_feedback_is_counted_for_the_pod_that_served(referee: RefereeProcess) -> None:
    served = {"request_id": "r-1", "traffic": "user", "pod_template_hash": "candidate1"}
    clip = {"duration": 2.0, "confidence": None}
    assert referee.tell("transcript", **served, audio_seconds=2.0, transcripts=[clip]) == 202
    for _ in range(2):
        assert referee.tell("feedback", request_id="r-1", action="redone") == 202
    assert referee.tell("feedback", request_id="r-2", action="shouted") == 400
    assert referee.sample("referee_feedback_total", serving="candidate1", action="redone") == 1
    assert referee.sample("referee_feedback_total", serving="stable1", action="redone") == 0


def test_the_page_and_health_answer(referee: RefereeProcess) -> None:
    page, ready = referee.get("/"), referee.get("/healthz/ready")
    assert page is not None
    assert '<a href="/reports/speech/asr">speech/asr</a>' in page.text
    assert ready is not None
    assert ready.status_code == 200


def test_the_report_shows_what_was_walked(referee: RefereeProcess) -> None:
    report = referee.get("/reports/speech/asr")
    assert report is not None
    assert f"{CLIPS} of {CLIPS} clips compared" in report.text
    assert '<bdi class="missing">' in report.text


def test_a_restarted_referee_shows_the_figures_again_and_probes_nothing(
    referee: RefereeProcess, start_referee: StartReferee, data: Path
) -> None:
    evidence = next(data.glob("asr-*.jsonl"))
    before = evidence.read_bytes()
    assert referee.stop() == 0
    again = start_referee()
    wait_until("the walk is shown again", again.is_complete, 60)
    assert again.sample("referee_probes_total", side="stable") == CLIPS + 1
    assert again.sample("referee_feedback_total", serving="candidate1", action="redone") == 1
    assert evidence.read_bytes() == before
    assert len(before.splitlines()) == CLIPS + 1
