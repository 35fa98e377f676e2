"""Who had how many users when, from Events, from steps, and from what is left of both."""

import pytest

from rollout_policies.report.release import release
from rollout_policies.report.weights import finished, mirror_history, weight_at_step, weight_history
from tests.unit.rollout_policies.report.recorded import ABORTED, NOON, STEPS, at, event, rollout, run

SHIFTED = event(30, "TrafficWeightUpdated", "Traffic weight updated from 0 to 25")
STEPPED = event(31, "RolloutStepCompleted", "Rollout step 4/5 completed (setWeight: 25)")


@pytest.mark.parametrize(("index", "weight"), [(0, 0), (2, 0), (3, 25), (4, 25)])
def test_a_step_has_the_weight_last_set(index: int, weight: int) -> None:
    assert weight_at_step(STEPS, index) == weight


def test_events_say_when_users_moved_and_an_abort_takes_them_back() -> None:
    first = event(2, "TrafficWeightUpdated", "Traffic weight updated to 0")
    aborted = rollout(abort=True, abortedAt=at(45), canary={"weights": {"canary": {"weight": 0}}})
    found = release(aborted, [], [first, SHIFTED, STEPPED, ABORTED])
    assert weight_history(found, NOON + 60) == [
        (NOON + 2, 0),
        (NOON + 30, 25),
        (NOON + 45, 0),
        (NOON + 60, 0),
    ]


def test_without_events_the_steps_of_gates_say_it() -> None:
    runs = [run("accuracy", 2, "Successful", 10), run("errors", 4, "Running", 50)]
    present = rollout(canary={"weights": {"canary": {"weight": 25}}})
    assert weight_history(release(present, runs, []), NOON + 60) == [
        (NOON + 10, 0),
        (NOON + 50, 25),
        (NOON + 60, 25),
    ]


def test_within_a_second_users_become_more() -> None:
    # The last gate of the weight before begins in the second in which the next weight's first one does.
    runs = [run("errors", 4, "Running", 30), run("accuracy", 2, "Successful", 30)]
    present = rollout(canary={"weights": {"canary": {"weight": 25}}})
    assert weight_history(release(present, runs, [SHIFTED]), NOON + 60) == [
        (NOON + 30, 0),
        (NOON + 30, 25),
        (NOON + 60, 25),
    ]


def test_a_promoted_candidate_has_all_users() -> None:
    done = event(70, "RolloutCompleted", "Rollout completed update to revision 7")
    promoted = rollout(stableRS="bbb", canary={"weights": {"canary": {"weight": 0}}})
    found = release(promoted, [run("errors", 4, "Successful", 50)], [done])
    assert finished(found) == NOON + 70
    assert weight_history(found, NOON + 90)[-2:] == [(NOON + 70, 100), (NOON + 90, 100)]


def test_blue_green_moves_everybody_when_the_active_service_is_switched() -> None:
    switches = [
        event(5, "SwitchService", "Switched selector for service 'asr-preview' from 'aaa' to 'bbb'"),
        event(30, "SwitchService", "Switched selector for service 'asr' from 'aaa' to 'bbb'"),
        event(60, "SwitchService", "Switched selector for service 'asr' from 'bbb' to 'aaa'"),
    ]
    item = rollout()
    item["spec"]["strategy"] = {"blueGreen": {"activeService": "asr"}}
    found = weight_history(release(item, [], switches), NOON + 90)
    assert found == [(NOON + 30, 100), (NOON + 60, 0), (NOON + 90, 0)]


def test_blue_greens_gates_come_before_and_after_everybody_is_moved() -> None:
    before, after = (run("errors", 0, "Successful", began) for began in (10, 50))
    before["metadata"]["labels"] = before["metadata"]["labels"] | {"rollout-type": "PrePromotion"}
    after["metadata"]["labels"] = after["metadata"]["labels"] | {"rollout-type": "PostPromotion"}
    for item in (before, after):
        del item["metadata"]["labels"]["step-index"]
    found = weight_history(release(rollout(), [before, after], []), NOON + 90)
    assert found == [(NOON + 10, 0), (NOON + 50, 100), (NOON + 90, 100)]


MIRROR = {"setMirrorRoute": {"name": "asr-mirror", "match": [{"method": {"exact": "POST"}}]}}
SHADOW = [
    {"setWeight": 0},
    {"setMirrorRoute": MIRROR["setMirrorRoute"] | {"percentage": 25}},
    {"analysis": {}},
    MIRROR,
    {"analysis": {}},
    {"setMirrorRoute": {"name": "asr-mirror"}},
    {"pause": {}},
]


def shadow(**status: object) -> dict[str, object]:
    item = rollout(**status)
    item["spec"]["strategy"]["canary"]["steps"] = SHADOW
    return item


def test_a_mirror_rises_with_its_steps_until_it_is_taken_away() -> None:
    steps = [
        event(number, "RolloutStepCompleted", f"Rollout step {number}/7 completed (any)")
        for number in (1, 2, 4, 6)
    ]
    found = mirror_history(release(shadow(), [], steps), NOON + 60)
    assert found == [(NOON + 2, 25), (NOON + 4, 100), (NOON + 6, 0), (NOON + 60, 0)]


def test_without_events_gates_say_what_was_mirrored_and_an_abort_ends_it() -> None:
    runs = [run("accuracy", 0, "Successful", 5), run("errors", 2, "Failed", 20)]
    aborted = shadow(abort=True, abortedAt=at(45))
    found = mirror_history(release(aborted, runs, []), NOON + 60)
    assert found == [(NOON + 20, 25), (NOON + 45, 0), (NOON + 60, 0)]


def test_a_canary_mirrors_nothing() -> None:
    assert mirror_history(release(rollout(), [run("errors", 4, "Running", 50)], [STEPPED]), NOON) == []


def test_what_nobody_remembers_is_no_history() -> None:
    assert weight_history(release(rollout(), [], []), NOON) == []
