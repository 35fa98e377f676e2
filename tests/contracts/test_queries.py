"""The gates' queries and the alerts read only metrics and labels that somebody exports."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "contracts.toml").read_text())
CHART = ROOT / "charts" / "rollout-policies"
QUERIES = [*sorted((CHART / "queries").rglob("*.promql")), CHART / "alerts" / "rules.yaml"]

# Not ours: Prometheus's own, and Envoy's counters of the Service that holds the candidate.
FOREIGN = {
    "up": {"namespace", "rollouts_pod_template_hash", "pod", "app", "release"},
    "envoy_cluster_upstream_rq": {"cluster_name", "response_code", "pod"},
    "envoy_cluster_upstream_rq_total": {"cluster_name", "pod"},
}
# What the scrape adds to a predictor's series; a histogram has `le` besides.
SCRAPED = {"namespace", "pod", CONTRACTS["labels"]["pod_template_hash_in_prometheus"]}
SUFFIXES = ("_bucket", "_count", "_sum")


def exported() -> dict[str, set[str]]:
    predictor = {name: {*labels, *SCRAPED} for name, labels in CONTRACTS["predictor_metrics"].items()}
    referee = {name: set(labels) for name, labels in CONTRACTS["referee_metrics"].items()}
    return predictor | referee | FOREIGN


def without_comments(query: Path) -> str:
    return re.sub(r"^\s*#.*$", "", query.read_text(), flags=re.M)


def selectors(query: Path) -> list[tuple[str, set[str]]]:
    """Each `name{label=…}` of a query as (name, labels)."""
    text = re.sub(r"\{\{args\.[a-z-]+\}\}", "x", without_comments(query))
    found = re.findall(r"\b([a-z_]+)\{([^}]*)\}", text)
    return [(name, set(re.findall(r"(\w+)\s*[=!]", labels))) for name, labels in found]


def base(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_a_query_reads_metrics_and_labels_that_exist(query: Path) -> None:
    known = exported()
    for name, labels in selectors(query):
        assert base(name) in known, name
        assert labels <= known[base(name)], (name, labels)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.stem)
def test_a_bare_metric_of_a_query_exists(query: Path) -> None:
    words = set(re.findall(r"\b(?:asr|referee|envoy)_\w+", without_comments(query)))
    assert {base(word) for word in words} <= exported().keys()


def test_label_values_in_queries_are_those_agreed() -> None:
    for query in QUERIES:
        for label in ("traffic", "measure", "side", "action"):
            values = set(re.findall(rf'\b{label}!?="(\w+)"', query.read_text()))
            assert values <= set(CONTRACTS["label_values"][label])


def test_each_query_has_its_agreed_template() -> None:
    names = {f"serinus-{query.stem}-v1" for query in QUERIES if query.parent.name == "queries"}
    assert names <= set(CONTRACTS["analysis_templates"].values())
