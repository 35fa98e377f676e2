"""What probing took, added up and said; the arithmetic by hand."""

from rollout_policies.cost import Cost, Meter, Spent, added, busy_share, cost_sentence

ONE = Cost(10.0, Spent(1, 0, 0, 3.0, 0.5), Spent(3, 2, 2, 3.0, 1.0))


def test_costs_add_up_and_a_pair_without_one_adds_nothing() -> None:
    assert added([ONE, None, ONE]) == Cost(20.0, Spent(2, 0, 0, 6.0, 1.0), Spent(6, 4, 4, 6.0, 2.0))
    assert added([None]) == Cost()


def test_a_pod_was_busy_for_its_inference_of_the_walks_time() -> None:
    assert busy_share(ONE.candidate, ONE) == 0.1
    assert busy_share(Spent(), Cost()) == 0


def test_the_time_begins_with_the_first_probe_and_goes_on_from_pair_to_pair() -> None:
    times = iter([5.0, 7.0, 10.0])
    meter = Meter(lambda: next(times))
    meter.begin()
    assert meter.take("bbb").seconds == 2
    meter.begin()
    assert meter.take("bbb").seconds == 3


def test_the_time_stands_still_while_the_walk_waits_for_pods() -> None:
    times = iter([5.0, 7.0, 100.0, 101.0])
    meter = Meter(lambda: next(times))
    meter.begin()
    meter.rest()
    meter.rest()
    meter.begin()
    assert meter.take("bbb").seconds == 3


def test_fresh_pods_of_the_stable_version_are_its_side_whatever_their_hash() -> None:
    meter = Meter()
    for to in ("fresh1", "bbb", "fresh2"):
        meter.count(to, 2.0, 200, 10.0, again=False)
    cost = meter.take("bbb")
    assert (cost.stable.probes, cost.candidate.probes) == (2, 1)
    assert meter.take("bbb").stable == Spent()


def test_what_was_spent_is_said_of_each_side() -> None:
    assert cost_sentence(ONE) == (
        "Probing took, in 10 s: stable 1 probes (0 refused, 0 sent again), 3 s of audio, 0.5 s of inference, "
        "5.0 % of the time of one pod; candidate 3 probes (2 refused, 2 sent again), 3 s of audio, "
        "1.0 s of inference, 10.0 % of the time of one pod."
    )
