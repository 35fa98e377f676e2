"""`python -m model_server.artefact build|verify|fetch`: make a model's folder, check it, bring it here."""

import argparse
import os
import sys
from pathlib import Path

from model_server.arguments import readable
from model_server.artefact.build import build
from model_server.artefact.fetch import fetch, fetch_folder
from model_server.artefact.manifest import MANIFEST, read_manifest, verify
from model_server.artefact.mirrors import DEFAULT_MAX_BYTES, Terms
from model_server.artefact.recipe import known
from model_server.artefact.signature import s3_access
from model_server.errors import ArtefactError, OptionError


def default_cache() -> Path:
    """The user's cache directory for Serinus."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("SERINUS_CACHE") or f"{home}/serinus")


def main(arguments: list[str]) -> int:
    """Run one command; 0 when the folder is whole, 1 with the reason on stderr when not, 2 when what an
    argument names is not there."""
    options = _parser().parse_args(arguments)
    try:
        print({"build": _build, "verify": _verify, "fetch": _fetch}[options.command](options))
    except (ArtefactError, OptionError, OSError) as error:
        print(f"model_server.artefact: {error}", file=sys.stderr)
        return 2 if isinstance(error, OptionError) else 1
    return 0


def _build(options: argparse.Namespace) -> str:
    if not options.folder.is_dir():
        raise OptionError(f"DIR must be a folder with a model's files, not {options.folder}")
    artefact = build(
        options.folder,
        {
            **{name: getattr(options, name) for name in ("name", "version", "engine", "language", "licence")},
            "sample_rate": options.sample_rate,
            "precision": options.precision,
            "limits": {
                "max_segment_seconds": options.max_segment_seconds,
                "max_tokens_per_second": options.max_tokens_per_second,
            },
            "self_test": {"audio": options.self_test_audio, "text": options.self_test_text},
        },
    )
    return f"{options.folder}: {len(artefact.files)} files; SHA-256 of its model.yaml: {artefact.digest}"


def _verify(options: argparse.Namespace) -> str:
    readable("DIR", options.folder, f"a model's folder, with its {MANIFEST}", MANIFEST)
    artefact = read_manifest(options.folder)
    verify(artefact)
    return f"{options.folder}: {artefact.name} {artefact.version}, {len(artefact.files)} files whole"


def _fetch(options: argparse.Namespace) -> str:
    _check_out(options.out)
    terms = Terms(s3=s3_access(os.environ), max_bytes=options.max_bytes)
    first, *others = options.what
    if options.digest:
        new = fetch_folder(options.what, options.digest, options.out, terms)
    elif others or "/" in first:
        raise ArtefactError(f"say which model is at {first}: --digest, the SHA-256 of its model.yaml")
    else:
        new = fetch(first, options.out, options.cache or default_cache() / "downloads", terms)
    return f"{options.out}: {first} {'fetched' if new else 'is there already'}"


def _check_out(out: Path) -> None:
    there = next(path for path in (out, *out.absolute().parents) if os.path.lexists(path))
    if not there.is_dir():
        raise OptionError(f"--out must be a folder to make, not {out} ({there} is none)")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_server.artefact", description="Make, check or fetch a model's folder."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_build(commands.add_parser("build", help="describe a folder of files by a new model.yaml"))
    verifying = commands.add_parser("verify", help="check every file of a folder against its model.yaml")
    verifying.add_argument("folder", type=Path, metavar="DIR")
    _add_fetch(commands.add_parser("fetch", help="bring a model's folder here, whole or not at all"))
    return parser


def _add_build(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="the model's files, nothing else")
    for name in ("name", "version", "engine", "language", "licence"):
        add(f"--{name}", required=True, help=f"{name} in model.yaml; see artefact/model.schema.json")
    add("--sample-rate", type=int, required=True, metavar="HZ", help="of the audio the engine takes")
    add("--max-segment-seconds", type=float, required=True, metavar="S", help="most audio taken at once")
    add("--max-tokens-per-second", type=float, required=True, metavar="N", help="above it a decoder repeats")
    add("--self-test-audio", required=True, metavar="FILE", help="a clip of the folder")
    add("--self-test-text", required=True, metavar="TEXT", help="the words spoken in it")
    add("--precision", metavar="fp32|int8", help="of the weights")


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    what = (
        "a known model, or mirrors of a model's folder (a path, https://, s3://BUCKET/PREFIX), tried in order"
    )
    add("what", nargs="+", metavar="NAME|URL", help=f"{what}; known: {', '.join(known())}")
    add("--out", type=Path, required=True, metavar="DIR", help="the folder to make")
    add("--digest", metavar="SHA256", help="of the model.yaml that the mirrors have")
    add("--cache", type=Path, metavar="DIR", help="where downloads of known models are kept")
    add(
        "--max-bytes",
        type=int,
        default=DEFAULT_MAX_BYTES,
        metavar="N",
        help="largest file taken (%(default)s)",
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
