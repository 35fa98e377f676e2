"""Plots: where values come to lie, and which ticks they get."""

import pytest

from rollout_policies.drawing import Scale, across, bars, plot, stairs, upwards
from rollout_policies.markup import text


def test_a_scale_maps_its_ends_and_its_middle() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale.at(value) for value in (0, 5, 10)] == [100, 150, 200]


def test_a_logarithmic_scale_gives_each_factor_the_same_room() -> None:
    scale = Scale(1, 100, 0, 200, log=True)
    assert [scale.at(value) for value in (1, 10, 100)] == pytest.approx([0, 100, 200])


@pytest.mark.parametrize(
    ("low", "high", "log", "ticks"),
    [
        (0, 10, False, [0, 2, 4, 6, 8, 10]),
        (-3, 47, False, [0, 10, 20, 30, 40]),
        (0.5, 4, True, [0.5, 1, 2]),
        (1, 100, True, [1, 2, 5, 10, 20, 50, 100]),
        (0.9, 1.1, True, [0.9, 0.95, 1.0, 1.05, 1.1]),
    ],
)
def test_ticks_are_round(low: float, high: float, log: bool, ticks: list[float]) -> None:
    assert Scale(low, high, 0, 100, log).ticks() == pytest.approx(ticks)


def test_stairs_keep_a_value_until_the_next() -> None:
    assert stairs([(0, 1), (5, 3)]) == [(0, 1), (5, 1), (5, 3), (5, 3)]
    assert stairs([]) == []


def test_a_range_of_nothing_is_widened() -> None:
    assert (across(4, 4).high, across(0, 0).high) == (8, 1)


def test_an_empty_bin_has_no_bar() -> None:
    assert bars([0, 1, 2], [3, 0], across(0, 2), upwards(0, 3), "red").count("<rect") == 1


def test_a_plot_names_itself_and_its_axes() -> None:
    drawn = plot("<T>", [text("mark")], across(0, 1), upwards(0, 1), ("time", "share"), (str, str))
    assert "<title>&lt;T&gt;</title>" in drawn
    assert ">time</text>" in drawn
    assert ">share</text>" in drawn
