"""The bare engine as the run sees it: two processes that wait silently until asked; knows no server."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.arithmetic import rate, within
from bench.clips import Clip
from bench.errors import SubjectError


class BareEngine:
    """Two processes with an engine each; one serves where one is enough. Run in the interpreter `python`."""

    def __init__(
        self, python: str, model: Path, clips: Sequence[Clip], threads_within: int = 1, processes: int = 2
    ):
        paths = [str(clip.path) for clip in clips]
        command = [python, "-m", "bench.bare_process", str(model), str(threads_within), *paths]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(processes)
        ]
        decode_seconds = [float(_read(process)["decode_seconds"]) for process in self._processes]
        self.decode_seconds = decode_seconds[0]

    def hear(self, clip: int) -> tuple[float, str]:
        """Seconds and text of a clip on one thread."""
        _ask(self._processes[0], {"clip": clip})
        answer = _read(self._processes[0])
        return float(answer["seconds"]), str(answer["text"])

    def one_thread(self, seconds: float, warm_seconds: float, order: list[int]) -> float:
        """Clips a second of one thread in one process."""
        return self._saturate(self._processes[:1], 1, seconds, warm_seconds, [order])

    def two_threads(self, seconds: float, warm_seconds: float, order: list[int]) -> float:
        """Clips a second of two threads in one process."""
        return self._saturate(self._processes[:1], 2, seconds, warm_seconds, [order])

    def two_processes(self, seconds: float, warm_seconds: float, order: list[int]) -> float:
        """Clips a second of two processes with one thread each; they share the order out."""
        return self._saturate(self._processes, 1, seconds, warm_seconds, [order[::2], order[1::2]])

    def close(self) -> None:
        """End both."""
        for process in self._processes:
            process.kill()
            process.communicate()

    @staticmethod
    def _saturate(
        processes: list[subprocess.Popen[bytes]],
        threads: int,
        seconds: float,
        warm_seconds: float,
        orders: list[list[int]],
    ) -> float:
        for process, order in zip(processes, orders, strict=True):
            _ask(process, {"threads": threads, "seconds": warm_seconds + seconds, "order": order})
        answers = [_read(process) for process in processes]
        begin = max(float(answer["began"]) for answer in answers) + warm_seconds
        completions = [float(time) for answer in answers for time in answer["completions"]]
        return rate(within(completions, begin, begin + seconds - 0.1))


def _ask(process: subprocess.Popen[bytes], question: dict[str, Any]) -> None:
    assert process.stdin is not None  # noqa: S101  for mypy; it was opened with a pipe
    process.stdin.write(json.dumps(question).encode() + b"\n")
    process.stdin.flush()


def _read(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101  for mypy; it was opened with a pipe
    line = process.stdout.readline()
    if not line:
        raise SubjectError(f"the bare engine ended with status {process.wait()}")
    answer: dict[str, Any] = json.loads(line)
    return answer
