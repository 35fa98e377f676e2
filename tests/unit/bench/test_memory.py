"""A tree of processes is found whole, and its memory is counted."""

import os
import subprocess
import sys

from bench.memory import memory, tree


def test_children_are_in_the_tree() -> None:
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in tree(os.getpid())
        found = memory(child.pid)
        child.communicate(b"\n")
    assert found.processes == 1
    # A Python interpreter holds a few megabytes, of which some are shared with this one.
    assert 1 < found.pss_mb <= found.rss_mb < 100


def test_a_process_that_ended_holds_nothing() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert memory(ended.pid).pss_mb == 0
