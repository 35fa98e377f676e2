"""Manifests with their images replaced, and the names containerd gives images."""

from __future__ import annotations

import pytest

from cluster.errors import ClusterError
from cluster.kind_cluster import qualified
from cluster.platform import replace_image

MANIFEST = "containers:\n  - image: docker.io/prom/prometheus:v3.16.0\n    name: prometheus\n"


def test_only_the_image_is_replaced() -> None:
    replaced = replace_image(MANIFEST, "docker.io/prom/prometheus", "serinus/prometheus:abc")
    assert replaced == "containers:\n  - image: serinus/prometheus:abc\n    name: prometheus\n"


def test_manifest_that_does_not_name_the_image_is_refused() -> None:
    with pytest.raises(ClusterError, match="once, not 0 times"):
        replace_image(MANIFEST, "quay.io/argoproj/argo-rollouts", "serinus/argo-rollouts:abc")


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("busybox:1.37", "docker.io/library/busybox:1.37"),
        ("serinus/referee:abc", "docker.io/serinus/referee:abc"),
        ("quay.io/argoproj/argo-rollouts:v1", "quay.io/argoproj/argo-rollouts:v1"),
        ("localhost/referee:abc", "localhost/referee:abc"),
    ],
)
def test_image_is_looked_for_under_containerds_name(image: str, name: str) -> None:
    assert qualified(image) == name
