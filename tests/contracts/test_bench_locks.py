"""The peers run the same engine as the predictor: what computes has one version in both locks."""

import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).resolve().parents[2] / "locks"


def versions(lock: str, package: str) -> list[str]:
    return re.findall(rf"^{package}==(\S+)", (LOCKS / lock).read_text(), flags=re.M)


@pytest.mark.parametrize("package", ["onnxruntime", "numpy", "soundfile", "soxr"])
def test_the_engines_libraries_are_those_of_the_predictor(package: str) -> None:
    assert versions("bench.txt", package) == versions("dev.txt", package) != []


@pytest.mark.parametrize(("package", "version"), [("litserve", "0.2.19"), ("bentoml", "1.4.40")])
def test_the_peers_are_the_versions_that_the_results_name(package: str, version: str) -> None:
    assert versions("bench.txt", package) == [version]
