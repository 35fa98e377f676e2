"""`python -m rollout_policies golden audit | normalise`; knows nothing of how either is done."""

import argparse
import json
import sys
from pathlib import Path

from rollout_policies.errors import OptionError
from rollout_policies.golden.audit import as_json, audit, summary
from rollout_policies.golden.audit_page import audit_page
from rollout_policies.golden.findings import SEVERITIES
from rollout_policies.golden.normalise import normalise
from rollout_policies.golden.sounds import SoundLimits
from rollout_policies.markup import printable

# LUFS a set may be brought to: louder, nearly every clip would be cut off; quieter, none would be heard.
LOUDEST, QUIETEST = -10.0, -40.0


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `golden` to the room's commands."""
    golden = commands.add_parser("golden", help="look for mistakes in a golden set; fix what is safe")
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


def _audit(options: argparse.Namespace) -> int:
    found = audit(options.set, SoundLimits(), _show_progress)
    sys.stdout.write(json.dumps(as_json(found), indent=1) + "\n" if options.json else summary(found))
    if options.html:
        options.html.write_text(audit_page(found), encoding="utf-8")
    return 1 if found.failed(options.fail_on) else 0


def _normalise(options: argparse.Namespace) -> int:
    if options.loudness is not None and not QUIETEST <= options.loudness <= LOUDEST:
        raise OptionError(
            f"--loudness must be from {QUIETEST:g} to {LOUDEST:g} LUFS, not {options.loudness:g}"
        )
    changes = normalise(options.set, options.out, options.loudness)
    for change in changes:
        sys.stdout.write(printable(f"{change.clip}: {change.what}") + "\n")
    sys.stdout.write(f"{options.out}: {len(changes)} changes\n")
    return 0


def _show_progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[Kmeasuring {done}/{of}" + ("\n" if done == of else ""))
        sys.stderr.flush()
