"""One target in a process of its own, so that a crash, a hang or a memory bomb is a finding and not the end.

`python -m tests.fuzz.worker TARGET SEED EXAMPLES SECONDS FILE`: the input at work is always in FILE.
"""

import resource
import signal
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import REFUSALS, TARGETS, Target

EXAMPLE_SECONDS = 20  # of a busy machine; what is bounded takes milliseconds
MEMORY_BYTES = 1 << 30  # beyond what the imports took
BATCH = 500


def fuzz(target: Target, first_seed: int, examples: int, seconds: float, at_work: Path) -> int:
    """How many inputs were tried; whatever a target raises besides a refusal ends it."""
    end, tried, number = time.monotonic() + seconds, 0, first_seed
    while tried < examples and time.monotonic() < end:

        @seed(number)
        @settings(
            max_examples=min(BATCH, examples - tried),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(target.inputs)
        def batch(data: bytes) -> None:
            nonlocal tried
            tried += 1
            at_work.write_bytes(data)
            signal.alarm(EXAMPLE_SECONDS)
            try:
                target.check(data)
            except REFUSALS:
                pass
            finally:
                signal.alarm(0)

        before = tried
        batch()
        number += 1
        if tried == before:
            break
    return tried


def main(name: str, first_seed: str, examples: str, seconds: str, at_work: str) -> None:
    """Fuzz one target and print the count."""
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY_BYTES, taken + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(fuzz(TARGETS[name], int(first_seed), int(examples), float(seconds), Path(at_work)))


if __name__ == "__main__":
    main(*sys.argv[1:])
