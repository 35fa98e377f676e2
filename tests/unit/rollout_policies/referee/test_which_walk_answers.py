"""Of the walks of one comparison only the one that is asked for now answers its gates."""

import pytest

from tests.unit.rollout_policies.referee.conftest import NOBODY_READY, BuildTown, StartReferee, doing, until
from tests.unit.rollout_policies.scripted_predictor import say_label


def test_what_pods_with_users_said_is_no_evidence_against_fresh_ones_nor_the_other_way_round(
    town: BuildTown, referee: StartReferee
) -> None:
    """Each of the two walks has its five clips and one to warm up; the first is then shown again."""
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the walk is complete", lambda: doing(judge) == ["complete"])
    place.annotations["serinus.dev/baseline"] = "true"
    judge.look()
    (view,) = judge.views()
    assert (view.identity.baseline, view.figures) == (True, None)
    until("it waits for a fresh pod", lambda: doing(judge) == [NOBODY_READY])
    place.experiment = "asr-bbb-7-0-stable"
    judge.look()
    until("the second walk is complete", lambda: doing(judge) == ["complete"])
    fresh = judge.views()[0].figures
    assert fresh is not None
    assert (fresh.pairs, len(place.predictors[1].requests)) == (5, 6 + 6)
    assert any("is compared with fresh pods of stable aaa" in message for _, message in place.events)
    place.annotations["serinus.dev/baseline"] = "false"
    judge.look()
    until("the first walk is complete", lambda: doing(judge) == ["complete"])
    assert judge.views()[0].identity.baseline is False
    assert len(place.predictors[1].requests) == 6 + 6


def test_of_the_walks_of_one_comparison_the_last_begun_is_shown(
    town: BuildTown, referee: StartReferee
) -> None:
    place = town(say_label)
    judge = referee(place)
    for baseline in ("false", "true", "false"):
        place.annotations["serinus.dev/baseline"] = baseline
        judge.look()
        (view,) = judge.views()
        assert (view.identity.baseline, view.ended_at) == (baseline == "true", None)
        until("no walk asks on", lambda: doing(judge) in (["complete"], [NOBODY_READY]))


@pytest.mark.parametrize(
    ("annotation", "value"), [("serinus.dev/golden-set", "another"), ("serinus.dev/baseline", "perhaps")]
)
def test_a_walk_that_cannot_be_is_not_answered_for_by_an_earlier_one(
    town: BuildTown, referee: StartReferee, annotation: str, value: str
) -> None:
    place = town(say_label)
    judge = referee(place)
    judge.look()
    until("the first walk is complete", lambda: doing(judge) == ["complete"])
    place.annotations[annotation] = value
    judge.look()
    assert judge.views() == []
