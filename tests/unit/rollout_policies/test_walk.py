"""A walk's order and what its pairs are weighed to."""

from dataclasses import replace

import pytest

from rollout_policies.evidence import Identity, Pair, SideResult
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.metrics import WalkView
from rollout_policies.pages import walks_page
from rollout_policies.sequential import Alphas, Bounds
from rollout_policies.walk import sentence, walk_order, walk_times, weigh

IDENTITY = Identity("speech", "asr", "aaa", "bbb", "digest")


def _pairs(golden: GoldenSet, candidate_errors: int, reason: str = "") -> list[Pair]:
    stable = SideResult("", 0, 200, "", 10.0, 1, "s")
    candidate = SideResult("", candidate_errors, 200, reason, 20.0, 1, "c")
    return [Pair(clip.name, 5.0, stable, candidate) for clip in walk_order(golden, IDENTITY)]


def test_every_clip_is_drawn_once_in_an_order_that_the_identity_fixes(golden: GoldenSet) -> None:
    order = walk_order(golden, IDENTITY)
    assert sorted(clip.name for clip in order) == sorted(clip.name for clip in golden.clips)
    assert order == walk_order(golden, IDENTITY)


def test_candidates_are_walked_in_orders_of_their_own(golden: GoldenSet) -> None:
    identities = [replace(IDENTITY, candidate=str(n)) for n in range(20)]
    assert len({tuple(walk_order(golden, identity)) for identity in identities}) > 5


def test_a_complete_walk_gives_errors_per_word_and_the_factor(golden: GoldenSet) -> None:
    """Five clips of 17 words, one error more in each; twice as slow."""
    figures = weigh(golden, _pairs(golden, 1), Alphas())
    assert figures is not None
    differences = dict(figures.differences)
    assert differences["word_errors"].lower == differences["word_errors"].upper == pytest.approx(5 / 17)
    assert differences["latency"].estimate == pytest.approx(2.0, rel=1e-5)


def test_times_of_a_side_without_a_transcript_do_not_count(golden: GoldenSet) -> None:
    figures = weigh(golden, _pairs(golden, 1, reason="status 500"), Alphas())
    assert figures is not None
    assert [measure for measure, _ in figures.differences] == ["word_errors"]


@pytest.mark.parametrize(
    ("untimed", "measures"),
    [
        (("please hold", "goodbye"), ["word_errors", "latency"]),
        (("thank you for calling us today", "please hold"), ["word_errors", "latency"]),
        (("thank you for calling us today", "press one now"), ["word_errors"]),
    ],
)
def test_a_factor_needs_the_times_of_half_the_words(
    golden: GoldenSet, untimed: tuple[str, ...], measures: list[str]
) -> None:
    """Of 17 words 3, 8 and 9 are of clips without the candidate's time."""
    reference = {clip.name: clip.reference for clip in golden.clips}
    pairs = [
        replace(pair, candidate=replace(pair.candidate, inference_ms=None))
        if reference[pair.clip] in untimed
        else pair
        for pair in _pairs(golden, 0)
    ]
    figures = weigh(golden, pairs, Alphas())
    assert figures is not None
    assert [measure for measure, _ in figures.differences] == measures


def test_of_all_speech_a_complete_walk_is_not_exact(golden: GoldenSet) -> None:
    figures = weigh(golden, _pairs(golden, 1), Alphas(), walk_times(golden, IDENTITY))
    assert figures is not None
    words, latency = dict(figures.differences)["word_errors"], dict(figures.differences)["latency"]
    assert words.lower < words.estimate < words.upper
    assert words.estimate == pytest.approx(5 / 17)
    assert latency.estimate == pytest.approx(2.0, rel=1e-5)
    assert "word errors of all such speech +29.41 points, between " in sentence(figures)


def test_no_pair_is_no_figure(golden: GoldenSet) -> None:
    assert weigh(golden, [], Alphas()) is None


def test_figures_are_said_in_points_and_factors(golden: GoldenSet) -> None:
    figures = weigh(golden, _pairs(golden, 1), Alphas())
    assert figures is not None
    differences = (("word_errors", Bounds(-0.01, 0.02, 0.031)), ("latency", Bounds(1, 2, 3)))
    assert sentence(replace(figures, differences=differences)) == (
        "5 of 5 clips compared; word errors +2.00 points, between -1.00 and +3.10; "
        "inference time x2.00, between x1.00 and x3.00"
    )


def test_the_page_escapes_what_came_from_outside() -> None:
    view = WalkView(replace(IDENTITY, rollout="<b>asr"), "7", None, "trying again: <script>", None)
    page = walks_page([view])
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "<b>asr" not in page


def test_the_page_says_when_there_is_no_walk() -> None:
    assert "No candidate is being compared." in walks_page([])
