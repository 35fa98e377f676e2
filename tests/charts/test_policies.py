"""The referee's Deployment: its golden sets, its evidence, what the gates ask."""

import re
from collections.abc import Callable
from typing import Any

import yaml

from cluster import paths
from rollout_policies.__main__ import build_parser

Render = Callable[..., dict[tuple[str, str], dict[str, Any]]]
SETS = [{"name": "prompts", "image": "golden:1"}, {"name": "calls", "image": "golden:2"}]
DIGEST = f"sha256:{64 * '0'}"


def referee(render: Render, **overrides: Any) -> dict[str, Any]:
    spec: dict[str, Any] = render("rollout-policies", **overrides)["Deployment", "asr-referee"]["spec"]
    return spec


def test_a_policy_that_names_no_namespace_lets_nobody_in(render: Render) -> None:
    """For Kubernetes a rule whose sources are an empty list is one that anybody matches."""
    policies = [
        render("rollout-policies", networkPolicy={"allowedNamespaces": names})["NetworkPolicy", "asr-referee"]
        for names in ([], ["monitoring"])
    ]
    assert policies[0]["spec"]["ingress"] == []
    (rule,) = policies[1]["spec"]["ingress"]
    assert [source["namespaceSelector"]["matchLabels"] for source in rule["from"]] == [
        {"kubernetes.io/metadata.name": "monitoring"}
    ]


def test_each_golden_set_is_copied_into_its_own_folder(render: Render) -> None:
    pod = referee(render, goldenSets=SETS)["template"]["spec"]
    copied = {init["image"]: init["volumeMounts"][0]["subPath"] for init in pod["initContainers"]}
    assert copied == {"golden:1": "prompts", "golden:2": "calls"}
    assert {"--golden=prompts=/golden/prompts", "--golden=calls=/golden/calls"} <= set(
        pod["containers"][0]["args"]
    )


def test_a_set_of_a_url_is_fetched_by_the_referees_own_image(render: Render) -> None:
    url = "https://sets.example/calls.tar.gz?version=1&part=2"
    pod = referee(render, goldenSets=[{"name": "calls", "url": url, "digest": DIGEST}])["template"]["spec"]
    (init,), (container,) = pod["initContainers"], pod["containers"]
    assert init["image"] == container["image"]
    # Written into the root of the volume that the referee reads at /golden.
    assert init["volumeMounts"] == [{"name": "golden", "mountPath": "/target"}]
    assert "--golden=calls=/golden/calls" in container["args"]
    options = build_parser().parse_args(init["args"])
    assert (options.url, options.digest, str(options.out)) == (url, DIGEST, "/target/calls")


def test_a_set_of_a_configmap_is_copied_as_it_was_at_the_start(render: Render) -> None:
    pod = referee(render, goldenSets=[{"name": "small", "configMap": "small-set"}])["template"]["spec"]
    assert {"name": "golden-small", "configMap": {"name": "small-set"}} in pod["volumes"]
    (init,) = pod["initContainers"]
    mounts = {mount["mountPath"]: mount["name"] for mount in init["volumeMounts"]}
    assert mounts == {"/target": "golden", "/source": "golden-small"}
    # Only what a key became: a mounted ConfigMap holds its folders with dots, too.
    assert init["command"] == ["sh", "-c", "cp -L /source/* /target/"]
    assert "--golden=small=/golden/small" in pod["containers"][0]["args"]


def test_a_set_of_a_claim_is_read_where_it_lies(render: Render) -> None:
    pod = referee(render, goldenSets=[{"name": "calls", "existingClaim": "mine"}])["template"]["spec"]
    claim = {"claimName": "mine", "readOnly": True}
    assert {"name": "golden-calls", "persistentVolumeClaim": claim} in pod["volumes"]
    assert not pod["initContainers"]
    mount = {"name": "golden-calls", "mountPath": "/claims/calls", "readOnly": True}
    assert mount in pod["containers"][0]["volumeMounts"]
    assert "--golden=calls=/claims/calls" in pod["containers"][0]["args"]


def test_sets_of_every_kind_gain_nothing(render: Render) -> None:
    sets = [
        {"name": "a", "image": "golden:1"},
        {"name": "b", "configMap": "small-set"},
        {"name": "c", "url": "https://sets.example/c.tar", "digest": DIGEST},
    ]
    pod = referee(render, goldenSets=sets)["template"]["spec"]
    contexts = [container["securityContext"] for container in pod["initContainers"] + pod["containers"]]
    assert contexts == 4 * [contexts[-1]]


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


def test_alerts_are_the_operators_where_it_is(render: Render) -> None:
    enabled = {"enabled": True, "labels": {"release": "monitoring"}}
    alerts = {
        "prometheusRule": enabled,
        "errors": {"maxRatio": 0.125},
        "runbook": "https://runbooks.example/a",
    }
    rule = render("rollout-policies", alerts=alerts)["PrometheusRule", "asr-alerts"]
    assert rule["metadata"]["labels"]["release"] == "monitoring"
    (errors,) = [r for g in rule["spec"]["groups"] for r in g["rules"] if r["alert"] == "SerinusErrors"]
    assert "> 0.125\n" in errors["expr"]
    assert errors["annotations"]["runbook_url"] == "https://runbooks.example/a#serinuserrors"
    assert ("PrometheusRule", "asr-alerts") not in render("rollout-policies")


def test_every_word_of_the_alerts_is_a_value(render: Render) -> None:
    """None is left in its brackets, and no value is there that no alert reads."""
    chart = paths.repository_root() / "charts" / "rollout-policies"
    rule = render("rollout-policies", alerts={"prometheusRule": {"enabled": True}})
    assert "<" not in yaml.safe_dump(rule["PrometheusRule", "asr-alerts"]["spec"])
    alerts = yaml.safe_load((chart / "values.yaml").read_text())["alerts"]
    del alerts["prometheusRule"]
    given = {word for name, value in alerts.items() for word in _words(name, value)}
    asked = re.findall(r"<([a-zA-Z.]+)>", (chart / "alerts" / "rules.yaml").read_text())
    assert set(asked) == given | {"namespace", "release"}


def _words(name: str, value: Any) -> list[str]:
    return [f"{name}.{below}" for below in value] if isinstance(value, dict) else [name]
