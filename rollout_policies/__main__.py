"""The commands of this room: `python -m rollout_policies referee | report | golden | judge | simulate |
evidence`; exit codes 0, 1 (could not, or findings), 2 (usage, files among it that cannot be read or written);
`judge` has its own."""

import argparse
import logging
import signal
import sys
import threading
import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from rollout_policies import judge, simulate
from rollout_policies.arguments import golden_folder, readable
from rollout_policies.errors import EventError, OptionError, RefereeError
from rollout_policies.golden import command as golden_command
from rollout_policies.golden.manifest import GoldenSet, read_golden_set
from rollout_policies.judges import command as evidence
from rollout_policies.kubernetes_api import KubernetesApi
from rollout_policies.live.comparer import LiveComparer
from rollout_policies.live.feedback import FeedbackTally
from rollout_policies.live.listener import Listener
from rollout_policies.live.metrics import LiveMetrics
from rollout_policies.live.store import LIVE_FILE, LiveStore
from rollout_policies.metrics import WalkMetrics
from rollout_policies.pages import walks_page
from rollout_policies.referee import Referee, RefereeOptions
from rollout_policies.report import command as report_command
from rollout_policies.report.live import LiveReports
from rollout_policies.sequential import Alphas
from rollout_policies.web import Answer, html, metrics, serve, text

# A look takes at most some tens of seconds, its longest pause 30: after this the loop hangs.
LOOK_OVERDUE_SECONDS = 120.0
log = logging.getLogger("rollout_policies")


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = build_parser().parse_args(arguments)
    try:
        command: int = options.run(options)
    except (RefereeError, OSError) as error:
        sys.stderr.write(f"rollout_policies: {error}\n")
        return 2 if isinstance(error, OptionError) else 1
    return command


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="python -m rollout_policies", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    referee = commands.add_parser(
        "referee",
        help="watch Rollouts and compare each candidate with its stable version on golden clips",
        description="Watches Rollouts with the annotation serinus.dev/golden-set. While one has a "
        "candidate, each clip of the set is sent once to a stable and to a candidate pod; the bounds on the "
        "difference are served on /metrics.",
    )
    referee.add_argument(
        "--golden", action="append", required=True, metavar="NAME=DIR", help="a golden set; may be repeated"
    )
    referee.add_argument("--data", type=Path, required=True, metavar="DIR", help="where evidence is kept")
    referee.add_argument("--port", type=int, default=8090, help="of the metrics and the page (%(default)s)")
    referee.add_argument("--namespace", default="all", metavar="NS", help="whose Rollouts (%(default)s)")
    referee.add_argument(
        "--kubeconfig", type=Path, metavar="FILE", help="how to reach the cluster from outside of it"
    )
    add_alphas(referee)
    referee.set_defaults(run=_referee)
    for command in (report_command, judge, simulate, evidence):
        add_alphas(command.add_command(commands))
    golden_command.add_command(commands)
    return parser


def add_alphas(parser: argparse.ArgumentParser) -> None:
    """Add the two probabilities of error that a release accepts."""
    parser.add_argument(
        "--alpha-fail",
        type=_probability,
        default=0.01,
        help="how often a release that is within its margins may be failed, over both measures (%(default)s)",
    )
    parser.add_argument(
        "--alpha-pass",
        type=_probability,
        default=0.01,
        help="how often a release that is beyond a margin may be passed (%(default)s)",
    )


def _probability(value: str) -> float:
    number = float(value)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1, not {value}")
    return number


def read_golden_sets(arguments: list[str]) -> dict[str, GoldenSet]:
    """Return the sets of NAME=DIR arguments by name, each checked."""
    sets: dict[str, GoldenSet] = {}
    for argument in arguments:
        name, _, directory = argument.partition("=")
        if not name or not directory or name in sets:
            raise OptionError(f"--golden must be NAME=DIR, each name once, not {argument!r}")
        sets[name] = read_golden_set(name, golden_folder("--golden", Path(directory)))
        log.info("golden set %s: %d clips, %d words", name, len(sets[name].clips), sets[name].words)
    return sets


def _referee(options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    golden = read_golden_sets(options.golden)
    options.data.mkdir(parents=True, exist_ok=True)
    alphas = Alphas(options.alpha_fail, options.alpha_pass)
    if options.kubeconfig:
        readable("--kubeconfig", options.kubeconfig, "a kubeconfig")
    cluster = KubernetesApi(None if options.namespace == "all" else options.namespace, options.kubeconfig)
    referee = Referee(cluster, golden, RefereeOptions(options.data, alphas))
    registry = CollectorRegistry()
    registry.register(WalkMetrics(referee.views))
    store = LiveStore(options.data / LIVE_FILE)
    feedback = FeedbackTally(options.data / "feedback.sqlite")
    comparer = LiveComparer(store, alphas)
    listener = Listener(comparer, feedback, referee.identities)
    registry.register(LiveMetrics(listener, referee.views))
    reports = LiveReports(cluster, options.data, golden, alphas, comparer.findings)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    started = time.monotonic()
    server = serve(
        {
            "/": lambda: html(walks_page(referee.views())),
            "/metrics": lambda: metrics(registry),
            "/healthz/live": lambda: health(time.monotonic() - (referee.last_try or started)),
            "/healthz/ready": lambda: readiness(referee.last_look is not None),
        },
        options.port,
        posts={"/events": lambda body: taken(listener, body)},
        subtrees={"/reports/": reports.answer},
    )
    log.info("serving on port %d", options.port)
    referee.run(stopping)
    server.shutdown()
    store.close()
    feedback.close()
    return 0


def health(idle_seconds: float) -> Answer:
    """Say whether the loop still turns, from the seconds since it last did."""
    if idle_seconds > LOOK_OVERDUE_SECONDS:
        return text(500, f"no look at the cluster for {idle_seconds:.0f} s")
    return text(200, "alive")


def taken(listener: Listener, body: bytes) -> Answer:
    """Take one event in; one that cannot be read is refused."""
    try:
        listener.take(body)
    except EventError as error:
        return text(400, str(error))
    return text(202, "taken")


def readiness(has_looked: bool) -> Answer:
    """Say whether the cluster has been seen once; golden sets were checked before anything was served."""
    return text(200, "ready") if has_looked else text(503, "the Kubernetes API has not answered yet")


if __name__ == "__main__":
    sys.exit(main())
