"""Asks the cluster's Prometheus for the referee's bounds. Knows no gate and decides nothing."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROMETHEUS_URL = "http://127.0.0.1:30090"
NAMES = "referee_difference_lower|referee_difference_upper|referee_pairs"
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Bounds:
    """What the golden walk has shown: candidate minus stable (word_errors) or over stable (latency)."""

    measure: str
    lower: float
    upper: float
    pairs: int


def golden_bounds(namespace: str, rollout: str, candidate: str) -> tuple[Bounds, ...]:
    """The bounds of each measure for this candidate; empty where Prometheus has none or does not answer."""
    query = f'{{__name__=~"{NAMES}",namespace="{namespace}",rollout="{rollout}",candidate="{candidate}"}}'
    url = f"{PROMETHEUS_URL}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            return bounds_of(json.load(answer))
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return ()


def bounds_of(answer: Mapping[str, Any]) -> tuple[Bounds, ...]:
    """The bounds in Prometheus's answer to an instant query, one a measure; half a pair is none."""
    found: dict[tuple[str, str], float] = {}
    for series in answer["data"]["result"]:
        labels = series["metric"]
        found[labels["__name__"], labels.get("measure", "")] = float(series["value"][1])
    pairs = int(found.get(("referee_pairs", ""), 0))
    measures = sorted({measure for _, measure in found if measure})
    bounds = (
        Bounds(
            measure,
            found.get(("referee_difference_lower", measure), math.nan),
            found.get(("referee_difference_upper", measure), math.nan),
            pairs,
        )
        for measure in measures
    )
    return tuple(one for one in bounds if math.isfinite(one.lower) and math.isfinite(one.upper))
