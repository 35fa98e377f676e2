"""The page of a release: what it shows, and that nothing from outside becomes more than text."""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest

from rollout_policies.live.comparer import Findings, LiveFigures
from rollout_policies.live.slices import Compared, slices
from rollout_policies.live.store import Disagreed
from rollout_policies.report.contents import Report
from rollout_policies.report.markdown import report_markdown
from rollout_policies.report.page import report_page
from rollout_policies.sequential import Bounds
from tests.unit.rollout_policies.report.conftest import Town
from tests.unit.rollout_policies.report.recorded import NOON, STARTED, event, run

Gathered = Callable[[], Report]


def test_the_page_names_what_probing_took(gathered: Gathered) -> None:
    cells = ("candidate", "4", "2", "2", "4 s", "0.3 s", "10.0 %")
    assert "".join(f"<td>{cell}</td>" for cell in cells) in report_page(gathered())
    assert "2 refused, 2 sent again" in report_markdown(gathered())


def test_a_walk_whose_cost_was_not_kept_shows_none(gathered: Gathered) -> None:
    report = gathered()
    assert report.evidence is not None
    pairs = tuple(replace(pair, cost=None) for pair in report.evidence.pairs)
    without = replace(report, evidence=replace(report.evidence, pairs=pairs))
    assert "What probing took" not in report_page(without)
    assert "Probing took" not in report_markdown(without)


def findings(stable: str, candidate: str, request_id: str = "r-1") -> Findings:
    """What both versions heard of one request, and of a silent one."""
    worst = Disagreed(request_id, 0.5, 2.5, None, stable, candidate)
    pairs = [Compared(0.5, 2.5, None, -24.0, None), Compared(0, 1.5, 0.9, -24.0, None)]
    figures = LiveFigures(2, NOON, Bounds(0.01, 0.25, 0.9))
    return Findings(figures, (worst,), tuple(slices(pairs)))


def test_the_page_says_what_became_of_the_release_and_which_gate_decided(gathered: Gathered) -> None:
    shown = report_page(gathered())
    assert "<title>speech/asr revision 7: rolled back</title>" in shown
    assert "accuracy Failed at 0.0471 (margin 0.01, min-pairs 50)" in shown


def test_the_page_says_where_stable_was_a_fresh_pod(gathered: Gathered) -> None:
    report = gathered()
    assert report.evidence is not None
    fresh = replace(report.evidence.identity, baseline=True)
    assert "fresh pods" not in report_page(report)
    assert "fresh pods" in report_page(replace(report, evidence=replace(report.evidence, identity=fresh)))


def test_the_page_says_what_each_side_ran(gathered: Gathered, golden: object) -> None:
    shown = report_page(gathered())
    assert "<code>serinus/model-server:1</code>" in shown
    assert "sha256:beef" in shown
    # The candidate's pods are gone: its images are those of the Rollout's template.
    assert "<code>serinus/model-server:2</code>" in shown
    assert "sha256:cafe" in shown


def test_the_page_marks_the_words_that_differ(gathered: Gathered) -> None:
    shown = report_page(gathered())
    assert 'please hold <bdi class="extra">on</bdi>' in shown
    assert '<bdi class="missing">for</bdi>' in shown
    assert "Of 5 clips the candidate made 3 worse and 1 better; 1 stayed as they were." in shown


def test_the_walk_is_told_in_figures_and_plots(gathered: Gathered) -> None:
    shown = report_page(gathered())
    assert "5 of 5 clips compared; word errors +47.06 points, between +47.06 and +47.06" in shown
    assert shown.count("<title>Word errors</title>") == 1
    assert shown.count("<title>Timeline of the release</title>") == 1


def test_what_both_heard_of_users_stands_side_by_side_with_its_bounds(gathered: Gathered, town: Town) -> None:
    town.runs = [*town.runs, run("disagreement", 4, "Running", 50, args={"margin": "0.1"})]
    report = replace(gathered(), said=findings("turn it off", "turn it"))
    sentence = (
        "2 requests of users were heard by both versions. Of an utterance&#x27;s words 25.00 % differ on "
        "average, between 1.00 % and 90.00 %; the gate&#x27;s margin is 10 %."
    )
    shown = report_page(report)
    assert sentence in shown
    assert '<td>turn it <bdi class="extra">off</bdi></td><td>turn it</td>' in shown
    assert "<td>loudness</td><td>-30 to -23 LUFS</td><td>2</td><td>1</td><td>25.0 %</td>" in shown
    lines = report_markdown(report).splitlines()
    assert "| `r-1` 2.5 s | 50 % | `turn it {+off+}` | `turn it` |" in lines
    assert "| confidence | 0.9 to 0.95 | 1 | 0 | 0.0 % |" in lines


def test_one_who_heard_nothing_is_shown_so(gathered: Gathered) -> None:
    shown = report_page(replace(gathered(), said=findings("turn it off", "...")))
    assert "<em>no word</em>" in shown
    assert "the gate" not in shown


@pytest.mark.parametrize("show", [report_page, report_markdown])
def test_both_estimands_are_shown_the_one_that_is_judged_first(
    gathered: Gathered, town: Town, show: Callable[[Report], str]
) -> None:
    of_set, of_all = "word errors +47.06 points, between +47.06 and +47.06", "word errors of all such speech"
    shown = show(gathered())
    assert shown.index(of_set) < shown.index(f"Not judged: {of_all} +47.06 points, between ")
    town.item = deepcopy(town.item)
    town.item["metadata"]["annotations"]["serinus.dev/estimand"] = "population"
    shown = show(gathered())
    assert shown.index(of_all) < shown.index("Not judged: word errors of the set itself +47.06 points")


HOSTILE = '<script>alert("1")</script>\u202e\x07\ud83d'


def _hostile(report: Report) -> Report:
    """The same report with a text that wants to be more in every place that comes from outside."""
    release, evidence = report.release, report.evidence
    assert evidence is not None
    pairs = tuple(
        replace(pair, candidate=replace(pair.candidate, text=HOSTILE, reason=reason, word_errors=99))
        for pair, reason in zip(evidence.pairs, ["", HOSTILE] * 3, strict=False)
    )
    gates = tuple(
        replace(g, name=HOSTILE, message=HOSTILE, arguments={HOSTILE: HOSTILE}) for g in release.gates
    )
    moments = tuple(replace(m, reason=HOSTILE, message=HOSTILE) for m in release.moments)
    versions = tuple(replace(v, images=((HOSTILE, HOSTILE),), model_digest=HOSTILE) for v in report.versions)
    return replace(
        report,
        release=replace(
            release, rollout=HOSTILE, gates=gates, moments=moments, message=HOSTILE, phase=HOSTILE
        ),
        evidence=replace(evidence, pairs=pairs),
        versions=versions,
        said=findings(HOSTILE, HOSTILE, HOSTILE),
    )


def test_whatever_comes_from_outside_stays_text(gathered: Gathered) -> None:
    shown = report_page(_hostile(gathered()))
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;alert(&quot;1&quot;)") >= 2
    assert re.findall("[\u202e\x07\ud83d]", shown) == []
    assert shown.encode().decode() == shown


def test_the_page_needs_nothing_from_elsewhere(gathered: Gathered) -> None:
    shown = report_page(gathered())
    assert re.findall(r"<(?:script|link|img|iframe|object|embed|base)\b|\ssrc=|url\(|@import", shown) == []
    assert 'content="default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;"' in shown


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("evidence", "There is no evidence of a golden walk here."),
        ("golden", "The golden set of this walk is not here, so its bounds and words cannot be shown."),
    ],
)
def test_what_is_not_here_is_said(gathered: Gathered, part: str, said: str) -> None:
    assert said in report_page(replace(gathered(), **{part: None}))


def test_a_release_of_which_nothing_is_known_is_a_page_too(gathered: Gathered, town: Town) -> None:
    town.runs, town.happened = [], []
    report = replace(gathered(), evidence=None, golden=None)
    assert "The cluster knows no time of this release." in report_page(report)


def test_a_live_page_asks_to_be_loaded_again(gathered: Gathered, town: Town) -> None:
    town.happened = [STARTED, event(20, "RolloutPaused", "Rollout is paused")]
    shown = report_page(gathered(), refresh_seconds=15)
    assert '<meta http-equiv="refresh" content="15">' in shown
    assert ">paused</text>" in shown
