"""Serves reports of watched Rollouts from a running referee; knows nothing of what is on them."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rollout_policies.errors import ClusterError, NotFoundError, RefereeError
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.report.collect import Reads, Said, gather
from rollout_policies.report.contents import Report
from rollout_policies.report.markdown import report_markdown
from rollout_policies.report.page import report_page
from rollout_policies.rollouts import is_watched
from rollout_policies.sequential import Alphas
from rollout_policies.web import Answer, html, text

# /reports/NAMESPACE/ROLLOUT or .../ROLLOUT/REVISION, with .html to keep or .md; names as Kubernetes has them.
NAME = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
PATH = re.compile(rf"({NAME})/({NAME}(?:\.{NAME})*?)(?:/([0-9]{{1,10}}))?(\.md|\.html)?")
REFRESH_SECONDS = 15
# So long an answer is given again: a report asks the API four times and computes for some tenths of a second.
FRESH_SECONDS = 5.0
MOST_KEPT = 64


class LiveReports:
    """Answers for the paths under /reports/; any thread may ask, one report is made at a time."""

    def __init__(
        self,
        cluster: Reads,
        data: Path,
        golden_sets: Mapping[str, GoldenSet],
        alphas: Alphas,
        said: Said,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cluster, self._data, self._sets, self._alphas = cluster, data, golden_sets, alphas
        self._said, self._clock = said, clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Answer]] = {}

    def answer(self, path: str) -> Answer:
        """Return the report at a path below /reports/, or a sentence saying why there is none."""
        asked = PATH.fullmatch(path)
        if asked is None:
            return text(404, "a report is at /reports/NAMESPACE/ROLLOUT, its Markdown at the same with .md")
        with self._lock:
            at, answer = self._kept.get(path, (0.0, None))
            if answer is None or not 0 <= self._clock() - at < FRESH_SECONDS:
                answer = self._made(asked[1], asked[2], asked[3] or "", asked[4] or "")
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[path] = (self._clock(), answer)
        return answer

    def _made(self, namespace: str, name: str, revision: str, form: str) -> Answer:
        try:
            rollout = self._cluster.rollout(namespace, name)
            if not is_watched(rollout):
                return text(404, f"Rollout {namespace}/{name} asks for no golden walk: no report of it here")
            kept = (self._data, self._sets, self._alphas)
            report = gather(self._cluster, rollout, *kept, self._clock(), revision, self._said)
        except NotFoundError as error:
            return text(404, str(error))
        except ClusterError as error:
            return text(502, str(error))
        except (RefereeError, OSError) as error:
            return text(500, str(error))
        return _written(report, form)


def _written(report: Report, form: str) -> Answer:
    if form == ".md":
        return Answer(200, "text/markdown; charset=utf-8", report_markdown(report).encode())
    return html(report_page(report, None if form else REFRESH_SECONDS))
