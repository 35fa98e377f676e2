"""The endings that every strategy has in common, from a stable version to nothing left of the candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.user_load import UserLoad
from tests.e2e.trial import Trial, answered_by, failures
from tests.strategies.clean import is_left_clean

SECONDS = 420.0


def meets_no_user(trial: Trial, load: UserLoad, candidate: str, stable: str) -> None:
    """Then: no user failed, the candidate answered none, and nothing but `stable` is left."""
    assert failures(load.finished_requests()) == []
    assert answered_by(load.finished_requests(), candidate) == []
    is_left_clean(trial, stable)


def is_taken_back_before_any_user(trial: Trial, values: Mapping[str, Any], gate: str) -> None:
    """A release of these values is failed by this gate, has answered nobody and leaves nothing."""
    stable = trial.stable()
    with trial.users() as load:
        candidate = trial.ship(values)
        outcome = trial.ends(candidate, seconds=SECONDS)
        trial.take_back()
        trial.settles()
    assert (outcome.ending, outcome.gate) == ("rolled back", gate)
    meets_no_user(trial, load, candidate, stable)


def is_paused_and_aborted(
    trial: Trial, values: Mapping[str, Any], gate: str = "", *, seconds: float = SECONDS
) -> None:
    """A release of these values waits by this gate for a person, who aborts it, and leaves nothing."""
    stable = trial.stable()
    candidate = trial.ship(values)
    outcome = trial.ends(candidate, seconds=seconds)
    assert outcome.ending == "paused"
    assert gate in ("", outcome.gate)
    trial.abort()
    trial.take_back()
    assert trial.settles().state.stable == stable
    is_left_clean(trial, stable)
