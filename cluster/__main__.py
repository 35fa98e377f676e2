"""The command line: `python3 -m cluster COMMAND`."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cluster import (
    engine,
    images,
    kind_cluster,
    own_images,
    paths,
    pins,
    platform,
    preconditions,
    registry,
    tools,
)
from cluster.errors import ClusterError, InputError
from cluster.progress import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a sentence and 1 where it cannot be done, 2 where an argument is not allowed."""
    options = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    try:
        run(options)
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    except KeyboardInterrupt:
        print("interrupted; what was finished stays and is not done again", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands and their help."""
    top = argparse.ArgumentParser("python3 -m cluster", description="A kind cluster with Serinus's platform.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], None], words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(run=run)
        return command

    add("up", up, "everything: Docker, tools, images, kind cluster, platform; a second run does nothing")
    add("tools", make_tools, "kind, kubectl, helm and kubectl-argo-rollouts into the cache's bin/")
    add("images", make_images, "pull or build the node image and every platform image")
    build = add("build", build_own, "build images/NAME and print its tag (alone on standard output)")
    build.add_argument("name", metavar="NAME", help="a folder of images/ with a Dockerfile")
    build.add_argument("--context", type=Path, help="the folder it copies from (default: the repository)")
    build.add_argument(
        "--argument", action="append", default=[], metavar="NAME=VALUE", help="a build argument"
    )
    build.add_argument("--target", default="", metavar="STAGE", help="a stage other than the last")
    load = add("load", load_images, "copy images of Docker into the cluster, those it lacks")
    load.add_argument("images", metavar="IMAGE", nargs="+")
    add("down", down, "delete the kind cluster; images and caches stay")
    add("env", print_env, 'print exports of PATH and KUBECONFIG: eval "$(python3 -m cluster env)"')
    add("render-published", render_published, "render the platform with its published images")
    return top


def up(_: argparse.Namespace) -> None:
    """Leave with a cluster that is ready."""
    table = pins.load()
    engine.ensure_engine()
    if not kind_cluster.runs():
        preconditions.need_ports()
    chosen = images.ensure_images(table)  # before the tools, since building overlaps all the compiling
    tools.ensure_tools(table)
    kind_cluster.ensure_cluster(chosen.node)
    if not registry.pulls(table):
        kind_cluster.load(chosen.in_cluster())  # a cluster older than its images lacks them
    platform.ensure_platform(chosen)
    say("ready: gateway http://127.0.0.1:30080, Prometheus http://127.0.0.1:30090")
    say('next: eval "$(python3 -m cluster env)"; kubectl get pods -A')


def make_tools(_: argparse.Namespace) -> None:
    """Compile or fetch the programs for people."""
    engine.ensure_engine()
    tools.ensure_tools(pins.load())


def make_images(_: argparse.Namespace) -> None:
    """Build or pull all the cluster needs."""
    engine.ensure_engine()
    images.ensure_images(pins.load())


def build_own(options: argparse.Namespace) -> None:
    """Build one image of this repository."""
    if options.context is not None and not options.context.is_dir():
        raise InputError(f"--context must be a folder that the Dockerfile copies from, not {options.context}")
    engine.ensure_engine()
    arguments = tuple((name, value) for name, _, value in (item.partition("=") for item in options.argument))
    variant = own_images.Variant(arguments, options.target)
    print(own_images.build_own(options.name, pins.load(), folder=options.context, variant=variant))


def load_images(options: argparse.Namespace) -> None:
    """Copy images into the node."""
    kind_cluster.load(options.images)


def down(_: argparse.Namespace) -> None:
    """Delete the cluster, if there is one."""
    if engine.answers() and kind_cluster.exists():
        kind_cluster.delete()
    else:
        say(f"there is no kind cluster {kind_cluster.NAME}")


def print_env(_: argparse.Namespace) -> None:
    """What a shell needs to reach the cluster."""
    print(f'export PATH={shlex.quote(str(paths.bin_dir()))}:"$PATH"')
    print(f"export KUBECONFIG={shlex.quote(str(paths.kubeconfig()))}")


def render_published(_: argparse.Namespace) -> None:
    """What `up` installs where Docker pulls images."""
    print(platform.render(images.published(pins.load())))


if __name__ == "__main__":
    sys.exit(main())
