"""Reports as a running referee answers them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rollout_policies.evidence import Identity
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.live.comparer import LiveComparer
from rollout_policies.live.heard import Heard
from rollout_policies.live.store import LiveStore
from rollout_policies.report.live import FRESH_SECONDS, LiveReports
from rollout_policies.sequential import Alphas
from tests.unit.rollout_policies.report.conftest import Town
from tests.unit.rollout_policies.report.recorded import NOON, keep_evidence


class Clock:
    """A clock that a test sets."""

    now = NOON + 60

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def comparer() -> Iterator[LiveComparer]:
    store = LiveStore(":memory:")
    yield LiveComparer(store, Alphas())
    store.close()


@pytest.fixture
def reports(
    tmp_path: Path, golden: GoldenSet, town: Town, comparer: LiveComparer, clock: Callable[[], float]
) -> LiveReports:
    keep_evidence(tmp_path, golden)
    return LiveReports(town, tmp_path, {"small": golden}, Alphas(), comparer.findings, clock)


def test_a_watched_rollout_has_a_page_that_renews_itself(reports: LiveReports) -> None:
    answer = reports.answer("speech/asr")
    assert (answer.status, answer.content_type) == (200, "text/html; charset=utf-8")
    assert b'http-equiv="refresh"' in answer.body


def test_an_earlier_release_has_a_path_of_its_own(reports: LiveReports) -> None:
    assert reports.answer("speech/asr/7.md").body == reports.answer("speech/asr.md").body
    refused = reports.answer("speech/asr/3")
    assert (refused.status, refused.body) == (404, b"nothing is known of revision '3'; there are: 7\n")


def test_a_page_to_keep_does_not_renew_itself(reports: LiveReports) -> None:
    assert b'http-equiv="refresh"' not in reports.answer("speech/asr.html").body


def test_the_same_is_there_as_markdown(reports: LiveReports) -> None:
    answer = reports.answer("speech/asr.md")
    assert answer.content_type == "text/markdown; charset=utf-8"
    assert answer.body.decode().startswith("### ❌ `speech/asr`")


def test_what_users_said_is_on_it_as_soon_as_both_versions_heard_some(
    reports: LiveReports, comparer: LiveComparer, golden: GoldenSet, clock: Clock
) -> None:
    assert b"What users said" not in reports.answer("speech/asr").body
    identity = Identity("speech", "asr", "aaa", "bbb", golden.digest)
    for pod, words in (("aaa", "turn it off"), ("bbb", "turn it on")):
        comparer.add(Heard("r-1", pod, words, 2.0, 0.9), [identity], NOON)
    clock.now += FRESH_SECONDS
    assert b'turn it <bdi class="extra">on</bdi>' in reports.answer("speech/asr").body


@pytest.mark.parametrize(
    "path", ["", "asr", "speech/asr/x", "../asr", "speech/../x", "Speech/asr", "speech/a%2fb"]
)
def test_a_path_that_names_no_rollout_asks_nobody(reports: LiveReports, town: Town, path: str) -> None:
    assert reports.answer(path).status == 404
    assert town.reads == 0


def test_a_rollout_that_is_not_there_is_said_so(reports: LiveReports) -> None:
    answer = reports.answer("speech/tts")
    assert (answer.status, answer.body) == (404, b"the cluster has no Rollout speech/tts\n")


def test_a_rollout_that_asks_for_no_walk_is_none_of_ours(reports: LiveReports, town: Town) -> None:
    town.item = {**town.item, "metadata": {**town.item["metadata"], "annotations": {}}}
    assert reports.answer("speech/asr").status == 404


def test_an_outage_of_the_api_is_said_so(reports: LiveReports, town: Town) -> None:
    town.outage = True
    answer = reports.answer("speech/asr")
    assert (answer.status, answer.body) == (502, b"the Kubernetes API answered 500 on purpose\n")


def test_many_readers_cost_one_report_until_it_is_old(reports: LiveReports, town: Town, clock: Clock) -> None:
    first = reports.answer("speech/asr")
    assert reports.answer("speech/asr") is first
    clock.now += FRESH_SECONDS
    assert reports.answer("speech/asr") is not first
    assert town.reads == 2
