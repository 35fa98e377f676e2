"""Golden gates against a fresh pod of the stable version, which an Experiment keeps for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from demo.waits import wait_for
from tests.e2e.trial import Trial, failures
from tests.strategies.clean import is_left_clean
from tests.strategies.conftest import Install
from tests.strategies.counters import answers
from tests.strategies.endings import is_paused_and_aborted, is_taken_back_before_any_user

pytestmark = pytest.mark.timeout(900)

BASELINE = "serinus.dev/baseline=true"


@pytest.fixture(scope="module")
def strategy(install: Install) -> Iterator[Trial]:
    with install("e2e-baseline", golden={"baseline": True}) as trial:
        yield trial


def answers_of_baseline(trial: Trial) -> Counter[str]:
    """How many requests the fresh pod has answered, by kind of traffic; empty while there is none."""
    counted = Counter[str]()
    for (traffic, _), count in answers(trial, BASELINE).items():
        counted[traffic] += count
    return counted


def test_good_release_is_compared_with_a_fresh_pod_that_has_no_users_and_promoted(trial: Trial) -> None:
    # given
    trial.stable()

    # when
    with trial.users() as load:
        candidate = trial.ship({"server": {"queueSeconds": 118}})
        seen: list[Counter[str]] = []

        def probed() -> bool | None:
            seen.append(answers_of_baseline(trial))
            return True if seen[-1]["probe"] >= 20 else None

        wait_for(
            "the fresh pod has answered 20 probes", probed, seconds=120, last_seen=lambda: str(seen[-1:])
        )
        outcome = trial.ends(candidate, seconds=480)

    # then
    trial.say(f"the fresh pod had answered {seen[-1]}")
    assert seen[-1]["user"] == 0
    assert outcome.ending == "promoted"
    assert failures(load.finished_requests()) == []
    is_left_clean(trial, candidate)


def test_worse_release_is_rolled_back_and_meets_no_user(trial: Trial) -> None:
    is_taken_back_before_any_user(trial, {"faults": {"cut_tail_seconds": 1}}, gate="accuracy")


def test_release_that_its_walk_does_not_decide_in_time_is_paused_and_abort_leaves_it_clean(
    trial: Trial,
) -> None:
    gates = {"accuracy": {"timeoutSeconds": 5, "minPairs": 300}}
    is_paused_and_aborted(trial, {"server": {"queueSeconds": 119}, "gates": gates}, gate="accuracy")
