"""What the demonstration tells at its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.releases import RELEASES
from demo.report import demo_json, surprises
from demo.rollout_watch import Ending, Outcome
from demo.timeline import ShippedRelease
from demo.user_load import UserRequest

WORDS = ShippedRelease("words-damaged", "canary", "bad", 100.0, 160.5, Outcome("rolled back", "accuracy", ""))
SLOW = ShippedRelease("slow", "canary", "late", 170.0, 200.0, Outcome("rolled back", "paired-latency", ""))
GOOD = ShippedRelease("good", "canary", "good", 210.0, 400.0, Outcome("promoted", "", ""))
SHIPPED = [WORDS, SLOW, GOOD]


def user(t: float, pod: str = "stable", status: int = 200) -> UserRequest:
    return UserRequest(t, 0.2, status, pod, "" if status == 200 else f"status {status}")


USERS = [user(101), user(230, "good"), user(390, "good"), user(401, "good")]


def test_json_has_exactly_the_promised_keys() -> None:
    told = demo_json([WORDS, GOOD], [*USERS, user(402, status=503)])
    assert told == {
        "releases": [
            {
                "name": "words-damaged",
                "strategy": "canary",
                "outcome": "rolled back",
                "gate": "accuracy",
                "seconds": 60.5,
                "user_requests_to_candidate": 0,
            },
            {
                "name": "good",
                "strategy": "canary",
                "outcome": "promoted",
                "gate": None,
                "seconds": 190.0,
                "user_requests_to_candidate": 2,
            },
        ],
        "user_requests": 5,
        "user_failures": 1,
    }


@pytest.mark.parametrize(("ending", "count"), [("promoted", 1), ("rolled back", 2), ("paused", 2)])
def test_only_promotion_ends_the_count_of_a_candidates_users(ending: Ending, count: int) -> None:
    shipped = replace(WORDS, outcome=Outcome(ending, "", ""))
    assert shipped.requests_to_candidate([user(160, "bad"), user(161, "bad"), user(162)]) == count


def test_all_as_expected_is_no_surprise() -> None:
    assert surprises(RELEASES, SHIPPED, USERS) == []


def test_release_stopped_by_another_gate_is_a_surprise() -> None:
    by_chance = replace(WORDS, outcome=Outcome("rolled back", "paired-latency", ""))
    assert surprises(RELEASES, [by_chance, SLOW, GOOD], USERS) == [
        "words-damaged must be rolled back by accuracy, not rolled back by paired-latency"
    ]


@pytest.mark.parametrize("t", [150, 161], ids=["while it was decided", "after it was stopped"])
def test_user_who_met_a_stopped_release_is_a_surprise(t: float) -> None:
    (told,) = surprises(RELEASES, SHIPPED, [*USERS, user(t, "bad")])
    assert "before any user meets it; 1 users did" in told


def test_failed_user_request_is_a_surprise() -> None:
    (told,) = surprises(RELEASES, SHIPPED, [*USERS, user(150, status=503)])
    assert told == "1 of 5 user requests failed, the first: status 503"


def test_missing_release_and_missing_users_are_surprises() -> None:
    told = surprises(RELEASES, [WORDS, SLOW], [])
    assert told == [
        "good was never shipped to its end",
        "no user request was sent; without users nothing is shown",
    ]
