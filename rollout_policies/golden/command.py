"""`python -m rollout_policies golden audit | normalise | configmap | fetch`; knows not how."""

import argparse
import json
import sys
import time
from pathlib import Path

from rollout_policies.arguments import golden_folder, writable
from rollout_policies.errors import OptionError
from rollout_policies.golden.audit import as_json, audit, summary
from rollout_policies.golden.audit_page import audit_page
from rollout_policies.golden.configmap import configmap
from rollout_policies.golden.fetch import fetch
from rollout_policies.golden.findings import SEVERITIES
from rollout_policies.golden.normalise import normalise
from rollout_policies.golden.sounds import SoundLimits
from rollout_policies.markup import printable

# LUFS a set may be brought to: louder, nearly every clip would be cut off; quieter, none would be heard.
LOUDEST, QUIETEST = -10.0, -40.0
# How often the progress of a download is told.
TERMINAL_SECONDS, LOG_SECONDS = 0.2, 5.0


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `golden` to the room's commands."""
    golden = commands.add_parser(
        "golden", help="look for mistakes in a golden set, fix what is safe, bring it where it is needed"
    )
    verbs = golden.add_subparsers(required=True, metavar="VERB")
    checking = verbs.add_parser(
        "audit",
        help="say what is wrong or lopsided in a golden set",
        description="Checks labels (one sound with two labels, spellings, characters), sounds (silence, "
        "loudness, clipping, duration, duplicates) and balance. Exit code 1 where something must be fixed.",
    )
    checking.add_argument("set", type=Path, metavar="SET", help="a directory with manifest.jsonl")
    checking.add_argument("--json", action="store_true", help="print JSON")
    checking.add_argument("--html", type=Path, metavar="FILE", help="also write a page with plots")
    checking.add_argument(
        "--fail-on", choices=SEVERITIES, default="error", help="what makes the exit code 1 (%(default)s)"
    )
    checking.set_defaults(run=_audit)
    fixing = verbs.add_parser(
        "normalise",
        help="write a golden set anew with what can safely be fixed",
        description="Tidies labels, drops exact duplicates, counts duration, words and sha256 anew; leaves "
        "what would need a guess. The digest of the set, and so the identity of its evidence, changes.",
    )
    fixing.add_argument("set", type=Path, metavar="SET", help="a directory with manifest.jsonl; only read")
    fixing.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new or empty directory")
    fixing.add_argument(
        "--loudness",
        type=float,
        metavar="LUFS",
        help="bring every clip to this loudness (-23 is EBU R 128's)",
    )
    fixing.set_defaults(run=_normalise)
    _add_bringing(verbs)


def _add_bringing(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    packing = verbs.add_parser(
        "configmap",
        help="print a small golden set as a ConfigMap",
        description="Prints the YAML of a ConfigMap with the set, its clips beside its manifest. A set that "
        "is larger than a ConfigMap may be (1 MiB) is refused.",
    )
    packing.add_argument("set", type=Path, metavar="SET", help="a directory with manifest.jsonl")
    packing.add_argument("--name", required=True, help="of the ConfigMap")
    packing.set_defaults(run=_configmap)
    bringing = verbs.add_parser(
        "fetch",
        help="bring a golden set from a URL",
        description="Downloads a .tar.gz or .tar of a set, checks its digest, then unpacks it: plain files "
        "only, bounded in number and bytes.",
    )
    bringing.add_argument("url", metavar="URL", help="https:// or http://")
    bringing.add_argument("--digest", required=True, metavar="sha256:HEX", help="of the archive's bytes")
    bringing.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="new, empty, or a set to replace"
    )
    bringing.set_defaults(run=_fetch)


def _audit(options: argparse.Namespace) -> int:
    page = writable("--html", options.html) if options.html else None
    found = audit(golden_folder("SET", options.set), SoundLimits(), _show_progress)
    sys.stdout.write(json.dumps(as_json(found), indent=1) + "\n" if options.json else summary(found))
    if page:
        page.write_text(audit_page(found), encoding="utf-8")
    return 1 if found.failed(options.fail_on) else 0


def _normalise(options: argparse.Namespace) -> int:
    if options.loudness is not None and not QUIETEST <= options.loudness <= LOUDEST:
        raise OptionError(
            f"--loudness must be from {QUIETEST:g} to {LOUDEST:g} LUFS, not {options.loudness:g}"
        )
    changes = normalise(golden_folder("SET", options.set), options.out, options.loudness)
    for change in changes:
        sys.stdout.write(printable(f"{change.clip}: {change.what}") + "\n")
    sys.stdout.write(f"{options.out}: {len(changes)} changes\n")
    return 0


def _configmap(options: argparse.Namespace) -> int:
    sys.stdout.write(configmap(golden_folder("SET", options.set), options.name))
    return 0


def _fetch(options: argparse.Namespace) -> int:
    clips = fetch(options.url, options.digest, options.out.absolute(), DownloadProgress())
    sys.stdout.write(f"{clips} clips in {options.out}\n")
    return 0


class DownloadProgress:
    """Tells how far a download is: on one line of a terminal, or in a log every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, of: int | None) -> None:
        """Take the bytes that are here, and how many there will be where that is known."""
        terminal, now = sys.stderr.isatty(), time.monotonic()
        if now - self._last < (TERMINAL_SECONDS if terminal else LOG_SECONDS) and done != of:
            return
        self._last = now
        total = f" of {of / 1e6:.1f}" if of else ""
        begin, end = ("\r\x1b[K", "\n" if done == of else "") if terminal else ("", "\n")
        sys.stderr.write(f"{begin}downloaded {done / 1e6:.1f}{total} MB{end}")
        sys.stderr.flush()


def _show_progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[Kmeasuring {done}/{of}" + ("\n" if done == of else ""))
        sys.stderr.flush()
