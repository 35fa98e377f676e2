"""What the faults' tests share with those of the strategies: the cluster, the gates, a release each."""

from tests.e2e.conftest import cluster, policies, pytest_runtest_makereport, say  # noqa: F401
from tests.strategies.conftest import install, trial  # noqa: F401
