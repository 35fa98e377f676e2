"""Each fault ends as its row of the table says; users pay for it by the candidate's own answers at most."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from demo.ship import Latest, gate_at_work
from demo.waits import wait_for
from tests.e2e.trial import Trial, failures
from tests.faults.table import FAULTS, Fault
from tests.strategies.conftest import Install

pytestmark = pytest.mark.timeout(1200)

GATE_SECONDS, ENDING_SECONDS = 300.0, 600.0


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    with install("e2e-faults") as trial:
        yield trial


def wait_for_gate(trial: Trial, candidate: str, name: str) -> None:
    """Until the candidate's release stands at this gate."""
    latest = Latest(trial.target)

    def look() -> bool | None:
        seen = latest.look()
        gate = gate_at_work(seen)
        wanted = gate and (gate.candidate, gate.gate, gate.phase) == (candidate, name, "Running")
        return True if wanted else None

    wait_for(f"gate {name} is at work", look, seconds=GATE_SECONDS, last_seen=latest.words)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_ends_as_expected(trial: Trial, fault: Fault) -> None:
    # given
    stable = trial.stable()

    # when
    with trial.users() if fault.users else contextlib.nullcontext() as load:
        # A number of its own makes each row's pods another version.
        version = {"server": {"queueSeconds": 100 + FAULTS.index(fault)}}
        candidate = trial.ship({**fault.ship, **version})
        if fault.disturb is not None:
            wait_for_gate(trial, candidate, fault.at)
            trial.say(f"now: {fault.name}")
            fault.disturb()
            trial.say("over")
        outcome = trial.ends(candidate, seconds=ENDING_SECONDS)
        if outcome.ending == "paused":
            trial.abort()
        if outcome.ending != "promoted":
            trial.take_back()
            assert trial.settles().state.stable == stable

    # then
    lost = failures(load.finished_requests(), but_by=candidate) if load else []
    if fault.stable_fails:
        lost = [request for request in lost if request.pod != stable]
    trial.say(f"{fault.name}: {outcome.ending} by {outcome.gate or 'nobody'}, {len(lost)} users lost")
    assert (outcome.ending, outcome.gate) == (fault.ending, fault.gate)
    assert len(lost) <= fault.lost
