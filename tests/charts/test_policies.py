"""The referee's Deployment: its golden sets, its evidence, what the gates ask."""

import re
from collections.abc import Callable
from typing import Any

from cluster import paths

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
SETS = [{"name": "prompts", "image": "golden:1"}, {"name": "calls", "image": "golden:2"}]


def referee(render: Render, **overrides: Any) -> dict[str, Any]:
    spec: dict[str, Any] = render("rollout-policies", **overrides)["Deployment", "asr-referee"]["spec"]
    return spec


def test_each_golden_set_is_copied_into_its_own_folder(render: Render) -> None:
    pod = referee(render, goldenSets=SETS)["template"]["spec"]
    copied = {init["image"]: init["volumeMounts"][0]["subPath"] for init in pod["initContainers"]}
    assert copied == {"golden:1": "prompts", "golden:2": "calls"}
    assert {"--golden=prompts=/golden/prompts", "--golden=calls=/golden/calls"} <= set(
        pod["containers"][0]["args"]
    )


def test_there_is_never_a_second_referee(render: Render) -> None:
    spec = referee(render)
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_evidence_outlives_the_release_when_it_is_asked_to(render: Render) -> None:
    objects = render("rollout-policies", persistence={"enabled": True})
    claim = objects["PersistentVolumeClaim", "asr-referee"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    volumes = referee(render, persistence={"enabled": True})["template"]["spec"]["volumes"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "asr-referee"}} in volumes


def test_a_template_asks_its_own_query_file(render: Render) -> None:
    queries = paths.repository_root() / "charts" / "rollout-policies" / "queries"
    lost = (queries / "parts" / "lost.promql").read_text().strip()
    for path in queries.glob("*.promql"):
        template = render("rollout-policies")["ClusterAnalysisTemplate", f"serinus-{path.stem}-v1"]
        query = template["spec"]["metrics"][0]["provider"]["prometheus"]["query"]
        whole = re.sub(r"^ *<lost>$", lambda _: lost, path.read_text().strip(), flags=re.M)
        # A gate's own args bear its name.
        assert query.strip().replace(f"{{{{args.{path.stem}-", "{{args.") == whole
