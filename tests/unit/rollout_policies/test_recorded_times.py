"""Slower releases are made of times that were recorded, and are slower by what was asked."""

from pathlib import Path

import numpy as np
import pytest

from rollout_policies.errors import OptionError
from rollout_policies.recorded_times import Slowdown, draw_timed, read_times, set_factor

RECORDED = Path("tests/data/rollout_policies/inference_times.tsv")


def test_a_release_without_a_difference_is_two_takes_of_each_clip() -> None:
    recorded = read_times(RECORDED)
    releases = draw_timed(recorded, Slowdown(1.0, "crowded"), 200, 20, np.random.default_rng(1))
    pairs = {
        (float(a), float(b))
        for clip in recorded.takes["crowded"].T
        for i, a in enumerate(clip)
        for j, b in enumerate(clip)
        if i != j
    }
    sides = zip(releases.stable.ravel().tolist(), releases.candidate.ravel().tolist(), strict=True)
    assert set(sides) <= pairs


@pytest.mark.parametrize("machine", ["quiet", "crowded"])
def test_a_release_is_so_many_times_slower_in_the_middle(machine: str) -> None:
    releases = draw_timed(read_times(RECORDED), Slowdown(1.5, machine), 300, 100, np.random.default_rng(2))
    assert float(np.median(releases.candidate / releases.stable)) == pytest.approx(1.5, rel=0.02)


def test_only_long_clips_are_slower_where_that_is_asked() -> None:
    slowdown = Slowdown(3.0, from_seconds=4.0)
    assert slowdown.factors(np.array([1.0, 3.9, 4.0, 20.0])).tolist() == [1.0, 1.0, 3.0, 3.0]
    assert slowdown.name == "x3 from 4 s on"


def test_the_set_factor_weighs_clips_by_words() -> None:
    """With the share p of the words three times as slow, (1 - p)(1 - f)/(1 + f) + p (3 - f)/(3 + f) = 0 for
    f = 2p - 1 + sqrt((2p - 1)^2 + 3)."""
    recorded = read_times(RECORDED)
    more = 2 * recorded.words[recorded.seconds >= 4].sum() / recorded.words.sum() - 1
    assert set_factor(recorded, Slowdown(1.2)) == pytest.approx(1.2, rel=1e-4)
    found = set_factor(recorded, Slowdown(3.0, from_seconds=4.0))
    assert found == pytest.approx(more + np.sqrt(more**2 + 3), rel=1e-4)


@pytest.mark.parametrize("header", ["clip\twords\tseconds", "clip\twords\tseconds\tquiet_1"])
def test_a_table_without_two_takes_is_refused(tmp_path: Path, header: str) -> None:
    (tmp_path / "t.tsv").write_text(header + "\n" + "\t".join("1" for _ in header.split("\t")) + "\n")
    with pytest.raises(OptionError, match="two takes a machine, at least"):
        read_times(tmp_path / "t.tsv")


def test_a_table_that_is_not_there_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"--times must be .*t\.tsv \(No such file or directory\)"):
        read_times(tmp_path / "t.tsv")
