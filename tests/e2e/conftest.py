"""One release on the real cluster that most tests here share, and what is told when one of them fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from cluster.commands import succeeds
from cluster.paths import kubeconfig
from demo import charts
from demo.cluster_reads import Target
from demo.failure_dump import failure_dump
from demo.ship import wait_until_settled
from demo.words import elapsed
from tests.e2e.trial import Trial

VALUES = Path(__file__).parent / "values.yaml"
DUMPED = pytest.StashKey[bool]()
TARGET = Target(namespace="e2e-canary", release="asr")
Say = Callable[[str], None]


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Say:
    """Writes a line with the time elapsed at once, whatever pytest captures: CI must not see silence."""
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    assert reporter is not None
    assert capture is not None
    began = time.monotonic()

    def write(text: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(f"  [{elapsed(time.monotonic() - began)}] {text}", flush=True)

    return write


@pytest.fixture(scope="session")
def cluster(say: Say) -> None:
    """A cluster that answers; its absence is a failure, since these tests were asked for."""
    if not succeeds(["kubectl", "get", "--raw=/readyz"]):
        pytest.fail(f"no cluster answers with {kubeconfig()}: run `make cluster` first", pytrace=False)
    say("the cluster answers")


@pytest.fixture(scope="session")
def policies(cluster: None, say: Say) -> charts.Images:
    """The gates and the referee, once for all releases; returns our images."""
    images = charts.built_images()
    say("installing the gates and the referee")
    charts.install_policies(images)
    return images


@pytest.fixture(scope="session")
def installed(policies: charts.Images, say: Say, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A first release; removed at the end."""
    say(f"installing release {TARGET.release} in namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)
    charts.install_model(TARGET, policies, [VALUES])
    wait_until_settled(TARGET)
    yield Trial(TARGET, tmp_path_factory.mktemp("trial"), say)
    say(f"removing namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)


@pytest.fixture
def trial(installed: Trial, request: pytest.FixtureRequest) -> Trial:
    """The shared release, named on screen with the test that uses it."""
    installed.say(f"== {request.node.name}")
    return installed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the Rollout, its gates, events and logs to what is told of a failure."""
    report = yield
    # A fixture that failed once is told with every test that wanted it; the dump is told with the first.
    told_before = report.when == "setup" and item.session.stash.setdefault(DUMPED, False)
    if report.failed and "cluster" in getattr(item, "fixturenames", ()) and not told_before:
        item.session.stash[DUMPED] = True
        target = getattr(item.module, "TARGET", TARGET) if isinstance(item, pytest.Function) else TARGET
        report.sections.append(("the release and its cluster", failure_dump(target)))
    return report
