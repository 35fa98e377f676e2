"""Fuzz every parser of untrusted bytes: `python -m tests.fuzz --seconds 600`; exit status 1 on a finding."""

import argparse
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "build" / "fuzz"
UNLIMITED = 10**9


def main() -> int:
    """Take the targets in turn; the exit status."""
    options = _options()
    first_seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    FOUND.mkdir(parents=True, exist_ok=True)
    names = options.target or list(TARGETS)
    share = options.seconds / len(names)
    print(f"seed {first_seed}; {len(names)} targets, {share:.0f} s each", flush=True)
    findings = [name for name in names if not _run(name, first_seed, options.examples, share)]
    print(f"findings: {', '.join(findings) or 'none'}")
    return 1 if findings else 0


def _run(name: str, first_seed: int, examples: int, seconds: float) -> bool:
    """Whether a target came through."""
    at_work = FOUND / f"{name.replace(' ', '-')}.at-work"
    began = time.monotonic()
    worker = (sys.executable, "-m", "tests.fuzz.worker", name, str(first_seed), str(examples), str(seconds))
    done = subprocess.run([*worker, str(at_work)], cwd=ROOT, capture_output=True, text=True, check=False)
    took = time.monotonic() - began
    if done.returncode == 0:
        print(f"{name:16} {int(done.stdout):>9} inputs in {took:5.1f} s", flush=True)
        at_work.unlink(missing_ok=True)
        return True
    kept = at_work.with_suffix(f".{first_seed}.finding")
    if at_work.exists():
        at_work.rename(kept)
    print(
        f"{name:16} FINDING after {took:.1f} s, {_how(done.returncode)}; its input: {kept.relative_to(ROOT)}"
    )
    print(done.stderr[-3000:], flush=True)
    return False


def _how(status: int) -> str:
    return f"ended by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", allow_abbrev=False)
    parser.add_argument("--seconds", type=float, default=600, help="for all targets together (default: 600)")
    parser.add_argument("--examples", type=int, default=UNLIMITED, help="of each target at most")
    parser.add_argument("--seed", type=int, help="what to begin with (default: another each time)")
    parser.add_argument("--target", action="append", choices=TARGETS, help="repeatable (default: all)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
