"""Reads Rollouts, their runs, Events and pods from the Kubernetes API, records Events; decides nothing."""

import datetime
import logging
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config

from rollout_policies.errors import ClusterError, NotFoundError
from rollout_policies.rollouts import Comparison, Object

ROLLOUTS = ("argoproj.io", "v1alpha1", "rollouts")
ANALYSIS_RUNS = ("argoproj.io", "v1alpha1", "analysisruns")
# Seconds to connect and to answer: a look must not hang on one request.
TIMEOUT = (3, 10)
COMPONENT = "serinus-referee"
log = logging.getLogger(__name__)


class KubernetesApi:
    """The cluster of a kubeconfig, or without one that of the pod this runs in; one namespace or all."""

    def __init__(self, namespace: str | None, kubeconfig: Path | None = None) -> None:
        configuration = client.Configuration()
        try:
            if kubeconfig is None:
                config.load_incluster_config(client_configuration=configuration)
            else:
                config.load_kube_config(str(kubeconfig), client_configuration=configuration)
        except config.ConfigException as error:
            place = kubeconfig or "this pod's service account (outside a cluster give --kubeconfig)"
            raise ClusterError(f"no cluster can be reached with {place}: {error}") from error
        self._namespace = namespace
        self._api = client.ApiClient(configuration)
        self._objects, self._core = client.CustomObjectsApi(self._api), client.CoreV1Api(self._api)

    def rollouts(self) -> Sequence[Object]:
        """Return every Rollout of the namespace, or of all."""
        group, version, plural = ROLLOUTS
        if self._namespace is None:
            answer = _asked(
                lambda: self._objects.list_cluster_custom_object(
                    group, version, plural, _request_timeout=TIMEOUT
                )
            )
        else:
            answer = _asked(
                lambda: self._objects.list_namespaced_custom_object(
                    group, version, self._namespace, plural, _request_timeout=TIMEOUT
                )
            )
        items: list[Object] = answer["items"]
        return items

    def pods(self, comparison: Comparison) -> Sequence[Object]:
        """Return the pods that the Rollout's own selector covers: of both sides, and of what was before."""
        selector = ",".join(f"{key}={value}" for key, value in comparison.selector)
        found = _asked(
            lambda: self._core.list_namespaced_pod(
                comparison.namespace, label_selector=selector, _request_timeout=TIMEOUT
            )
        )
        items: list[Object] = self._api.sanitize_for_serialization(found)["items"]
        return items

    def rollout(self, namespace: str, name: str) -> Object:
        """Return one Rollout; NotFoundError where there is none."""
        group, version, plural = ROLLOUTS
        found: Object = _asked(
            lambda: self._objects.get_namespaced_custom_object(
                group, version, namespace, plural, name, _request_timeout=TIMEOUT
            ),
            f"Rollout {namespace}/{name}",
        )
        return found

    def analysis_runs(self, namespace: str, labels: Sequence[tuple[str, str]]) -> Sequence[Object]:
        """Return the AnalysisRuns of a namespace that have these labels."""
        group, version, plural = ANALYSIS_RUNS
        answer = _asked(
            lambda: self._objects.list_namespaced_custom_object(
                group,
                version,
                namespace,
                plural,
                label_selector=",".join(f"{key}={value}" for key, value in labels),
                _request_timeout=TIMEOUT,
            )
        )
        items: list[Object] = answer["items"]
        return items

    def events(self, namespace: str, rollout: str) -> Sequence[Object]:
        """Return the Events on a Rollout that the cluster still keeps."""
        found = _asked(
            lambda: self._core.list_namespaced_event(
                namespace,
                field_selector=f"involvedObject.kind=Rollout,involvedObject.name={rollout}",
                _request_timeout=TIMEOUT,
            )
        )
        items: list[Object] = self._api.sanitize_for_serialization(found)["items"]
        return items

    def announce(self, comparison: Comparison, reason: str, message: str, warning: bool) -> None:
        """Record an Event on the Rollout; one that cannot be recorded is only logged."""
        log.info("%s/%s: %s: %s", comparison.namespace, comparison.rollout, reason, message)
        try:
            _asked(
                lambda: self._core.create_namespaced_event(
                    comparison.namespace,
                    _event(comparison, reason, message, warning),
                    _request_timeout=TIMEOUT,
                )
            )
        except ClusterError as error:
            log.warning("the Event %s was not recorded: %s", reason, error)


def _event(comparison: Comparison, reason: str, message: str, warning: bool) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "metadata": {
            "name": f"{comparison.rollout}.{uuid.uuid4().hex[:16]}",
            "namespace": comparison.namespace,
        },
        "involvedObject": {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "name": comparison.rollout,
            "namespace": comparison.namespace,
            "uid": comparison.uid,
        },
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "message": message[:1000],
        "source": {"component": COMPONENT},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def _asked(call: Callable[[], Any], what: str = "") -> Any:
    try:
        return call()
    except client.ApiException as error:
        if error.status == 404 and what:
            raise NotFoundError(f"the cluster has no {what}") from error
        raise ClusterError(f"the Kubernetes API answered {error.status} {error.reason}") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ClusterError(f"the Kubernetes API did not answer: {error}") from error
