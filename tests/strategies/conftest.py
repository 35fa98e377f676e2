"""One release for each strategy's tests; cluster, gates and what is told of failures are tests/e2e's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import yaml

from demo import charts
from demo.cluster_reads import Target
from demo.ship import wait_until_settled
from tests.e2e.conftest import (  # noqa: F401  fixtures and the hook are found by their names here
    VALUES,
    Say,
    cluster,
    policies,
    pytest_runtest_makereport,
    say,
)
from tests.e2e.trial import Trial

Install = Callable[..., AbstractContextManager[Trial]]


@pytest.fixture(scope="module")
def install(policies: charts.Images, say: Say, tmp_path_factory: pytest.TempPathFactory) -> Install:  # noqa: F811
    """A first release of tests/e2e's values and those given, in its own namespace; removed at the end."""

    @contextmanager
    def install(namespace: str, **values: object) -> Iterator[Trial]:
        target, folder = Target(namespace=namespace, release="asr"), tmp_path_factory.mktemp("trial")
        host, overlay = f"asr.{namespace}.example", folder / "values.yaml"
        overlay.write_text(yaml.safe_dump({**values, "route": {"hosts": [host]}}))
        say(f"installing release {target.release} in namespace {namespace}")
        charts.remove_namespace(namespace)
        charts.install_model(target, policies, [VALUES, overlay])
        wait_until_settled(target)
        yield Trial(target, folder, say, host=host)
        say(f"removing namespace {namespace}")
        charts.remove_namespace(namespace)

    return install


@pytest.fixture
def trial(strategy: Trial, request: pytest.FixtureRequest) -> Trial:
    """The module's release, named on screen with the test that uses it."""
    strategy.say(f"== {request.node.name}")
    return strategy
