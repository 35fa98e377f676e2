"""`python -m rollout_policies report`: makes the report of one Rollout, or fetches a running referee's."""

import argparse
import contextlib
import os
import sqlite3
import sys
import time
from pathlib import Path

import httpx

from rollout_policies.arguments import golden_folder, readable, writable
from rollout_policies.errors import OptionError, RefereeError
from rollout_policies.golden.manifest import read_golden_set
from rollout_policies.kubernetes_api import KubernetesApi
from rollout_policies.live.comparer import LiveComparer
from rollout_policies.live.store import LIVE_FILE, LiveStore
from rollout_policies.report.collect import gather
from rollout_policies.report.markdown import report_markdown
from rollout_policies.report.page import report_page
from rollout_policies.sequential import Alphas

FETCH_SECONDS = 60.0


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add `report` to the room's commands."""
    parser = commands.add_parser(
        "report",
        help="make one HTML page of a release: weights, gates, bounds, latency, worst utterances",
        description="Makes one HTML page, without outside assets, of the release that a Rollout is at; after "
        "a rollback, of the one judged last. Without evidence it shows what the cluster knows.",
    )
    parser.add_argument("rollout", metavar="ROLLOUT", help="the Rollout's name")
    parser.add_argument("-n", "--namespace", default="default", metavar="NAMESPACE", help="(%(default)s)")
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help="(KUBECONFIG, or ~/.kube/config)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--evidence", type=Path, metavar="DIR", help="a copy of what a referee keeps in --data"
    )
    source.add_argument(
        "--referee", metavar="URL", help="ask a running referee, which has evidence, sets and cluster at hand"
    )
    parser.add_argument(
        "--golden",
        action="append",
        default=[],
        metavar="DIR",
        help="the golden set of the evidence; repeatable",
    )
    parser.add_argument(
        "--revision", default="", metavar="N", help="an earlier release (the present one, or the last judged)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the page (ROLLOUT.html)")
    parser.add_argument(
        "--markdown", action="store_true", help="print Markdown for a pull request; the page only with --out"
    )
    parser.set_defaults(run=run)
    return parser


def run(options: argparse.Namespace) -> int:
    """Write what was asked for."""
    out = options.out or (None if options.markdown else Path(f"{options.rollout}.html"))
    if out:
        writable("--out", out)
    page, markdown = _fetched(options) if options.referee else _made(options)
    if options.markdown:
        sys.stdout.write(markdown)
    if out:
        out.write_text(page, encoding="utf-8")
        sys.stderr.write(f"{out}\n")
    return 0


def _made(options: argparse.Namespace) -> tuple[str, str]:
    if options.kubeconfig:
        readable("--kubeconfig", options.kubeconfig, "a kubeconfig")
    if options.evidence is not None and not options.evidence.is_dir():
        raise OptionError(f"--evidence must be a folder that a referee kept, not {options.evidence}")
    folders = [golden_folder("--golden", Path(directory)) for directory in options.golden]
    kubeconfig = options.kubeconfig or Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    cluster = KubernetesApi(options.namespace, kubeconfig)
    sets = {str(folder): read_golden_set(folder.name, folder) for folder in folders}
    alphas = Alphas(options.alpha_fail, options.alpha_pass)
    rollout = cluster.rollout(options.namespace, options.rollout)
    with contextlib.closing(_live(options.evidence)) as live:
        said = LiveComparer(live, alphas).findings
        report = gather(cluster, rollout, options.evidence, sets, alphas, time.time(), options.revision, said)
    if report.evidence is not None and report.golden is None:
        digest = report.evidence.identity.golden_digest
        raise OptionError(f"--golden must name the set of this evidence, whose manifest has SHA-256 {digest}")
    return report_page(report), report_markdown(report)


def _live(evidence: Path | None) -> LiveStore:
    """Open the live pairs among the evidence; none where there are none."""
    path = evidence / LIVE_FILE if evidence is not None else None
    if path is None or not path.exists():
        return LiveStore(":memory:")
    try:
        return LiveStore(path)
    except sqlite3.Error as error:
        raise OptionError(f"{path} must be a referee's, in a copy that may be written to: {error}") from error


def _fetched(options: argparse.Namespace) -> tuple[str, str]:
    url = f"{options.referee.rstrip('/')}/reports/{options.namespace}/{options.rollout}"
    url += f"/{options.revision}" if options.revision else ""
    return _get(f"{url}.html"), _get(f"{url}.md")


def _get(url: str) -> str:
    try:
        answer = httpx.get(url, timeout=FETCH_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RefereeError(f"{url} did not answer: {error}") from error
    if answer.status_code != 200:
        raise RefereeError(f"{url} answered {answer.status_code}: {answer.text[:300].strip()}")
    return answer.text
