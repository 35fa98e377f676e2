"""The command line: `python -m demo`, on a cluster that is up and has our images."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from cluster.errors import ClusterError
from demo.errors import DemoError
from demo.failure_dump import failure_dump
from demo.releases import RELEASES
from demo.report import result_table, surprises
from demo.screen import screen_for
from demo.show import TARGET, build_dir, leave_results, remove_results, set_the_stage, show

FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Show it; 0 when each release ended as it must and no user request failed, else 1."""
    asked = _parser().parse_args(arguments)
    console = Console()
    remove_results(build_dir())
    try:
        with screen_for(console) as screen:
            set_the_stage(screen)
            shown = show(screen, RELEASES, asked.rate)
    except (DemoError, ClusterError) as error:
        print(f"demo: {error}\n{failure_dump(TARGET)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("demo: interrupted; the release is left as it is", file=sys.stderr)
        return INTERRUPTED
    told, picture = leave_results(shown)
    console.print(result_table(shown.timeline.shipped, shown.requests))
    console.print(f"results: {told}\npicture: {picture}", soft_wrap=True)
    if unexpected := surprises(RELEASES, shown.timeline.shipped, shown.requests):
        print(failure_dump(TARGET), file=sys.stderr)
        print("".join(f"demo: {sentence}\n" for sentence in unexpected), end="", file=sys.stderr)
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="Ship three releases under load: two are taken back, one goes out."
    )
    parser.add_argument("--rate", type=float, default=3.0, help="users' requests a second (default 3)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
