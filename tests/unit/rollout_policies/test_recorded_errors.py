"""Releases of a known size are made of errors that were recorded, and are of that size on average."""

from pathlib import Path

import numpy as np
import pytest

from rollout_policies.errors import OptionError
from rollout_policies.recorded_errors import Change, draw_releases, least_harmful, read_recorded

RECORDED = Path("tests/data/rollout_policies/word_errors.tsv")


@pytest.mark.parametrize("points", [0.0, 0.2, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("clips", [None, 200])
def test_a_release_is_so_many_points_worse_on_average(points: float, clips: int | None) -> None:
    """Of 3000 releases, each with a standard deviation of at most 1.6 points: 0.1 is 3.4 of the mean's."""
    recorded = read_recorded(RECORDED, "baseline")
    change = Change("made", "quieter_12db", points)
    releases = draw_releases(recorded, change, clips, 3000, np.random.default_rng(1))
    difference = 100 * float(releases.parts.sum() / releases.words.sum())
    assert difference == pytest.approx(points, abs=0.1)


def test_every_clip_has_errors_that_some_version_made() -> None:
    recorded = read_recorded(RECORDED, "baseline")
    releases = draw_releases(
        recorded, Change("made", "quieter_12db", 2.0), None, 50, np.random.default_rng(2)
    )
    known = np.array(list(recorded.errors.values()))
    for side in (releases.stable, releases.candidate):
        assert (side[None, :, :] == known[:, None, :]).any(axis=0).all()


def test_a_recorded_version_is_taken_as_it_is() -> None:
    recorded = read_recorded(RECORDED, "baseline")
    releases = draw_releases(recorded, Change("cut_0.2s", "quieter_12db"), None, 2, np.random.default_rng(3))
    assert 100 * releases.truth == pytest.approx([recorded.points("cut_0.2s")] * 2)


def test_the_version_nearest_to_stable_is_the_least_harmful() -> None:
    assert least_harmful(read_recorded(RECORDED, "baseline")) == "quieter_12db"


def test_a_release_worse_than_every_recorded_version_cannot_be_made() -> None:
    with pytest.raises(OptionError, match="no recorded version is 50 points worse than baseline"):
        draw_releases(
            read_recorded(RECORDED, "baseline"),
            Change("made", "quieter_12db", 50.0),
            None,
            1,
            np.random.default_rng(4),
        )


def test_a_table_without_versions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("clip\twords\na\t1\n")
    with pytest.raises(OptionError, match="must have the columns clip, words"):
        read_recorded(tmp_path / "t.tsv", "baseline")
