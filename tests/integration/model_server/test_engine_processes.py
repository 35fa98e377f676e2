"""Engine processes die, alone or with their server; neither leaves anything behind."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest


def engines(predictor):
    """The process ids of its engines, which are all the children it has."""
    pid = predictor.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_ticks(pid):
    """What a process has used of the CPU: utime and stime of proc_pid_stat(5), after the name in brackets."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def busy(pids, before):
    """Those of them that have worked since, most of them first."""
    worked = {pid: cpu_ticks(pid) - before[pid] for pid in pids}
    return [pid for pid in pids if worked[pid] >= 20]


def gone(pid):
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_engine_that_dies_fails_its_only_request(launch, clip, repeated, words, spoken, wait_until, number):
    # Room for the long clip and for the others behind it.
    predictor = launch("--engine-processes", "2", "--queue-seconds", "1200").wait_ready()
    pids = engines(predictor)
    before = {pid: cpu_ticks(pid) for pid in pids}
    with ThreadPoolExecutor() as users:
        doomed = users.submit(predictor.predict, repeated(50), 120)
        (victim,) = wait_until("an engine is at work", lambda: busy(pids, before), 30)
        os.kill(victim, number)

        assert doomed.result().status_code == 500
        assert doomed.result().json()["error"] == (
            "the engine process died at this request; another takes its place"
        )
        others = [users.submit(predictor.predict, clip, 120) for _ in range(3)]
        heard = [other.result().json()["predictions"][0]["text"] for other in others]
    assert [spoken(text) for text in heard] == [words] * 3

    def replaced():
        now = engines(predictor)
        return len(now) == 2 and victim not in now and predictor.metric("asr_engine_restarts_total") == 1

    wait_until("another engine takes its place", replaced, 30)
    assert predictor.state() == (200, "ready")
    assert predictor.metric("asr_requests_total", traffic="user", code="500", reason="internal") == 1


def test_engine_that_dies_with_several_requests_costs_none_an_answer(launch, clip, words, spoken, wait_until):
    # Slow enough to be killed in time.
    predictor = launch("--engine-processes", "1", "--fault", "inference_delay_seconds=2").wait_ready()
    (victim,) = engines(predictor)
    with ThreadPoolExecutor() as users:
        asked = [users.submit(predictor.predict, clip, 120) for _ in range(2)]
        wait_until("both are at work", lambda: predictor.metric("asr_queue_audio_seconds") > 15, 30)
        wait_until("the engine has them", lambda: cpu_ticks(victim) and busy([victim], {victim: 0}), 30)
        os.kill(victim, signal.SIGKILL)

        heard = [answer.result().json()["predictions"][0]["text"] for answer in asked]

    assert [spoken(text) for text in heard] == [words] * 2
    assert predictor.metric("asr_engine_restarts_total") == 1


def test_last_engine_that_dies_is_replaced(launch, clip, words, spoken, wait_until):
    predictor = launch("--engine-processes", "1").wait_ready()
    os.kill(engines(predictor)[0], signal.SIGSEGV)

    wait_until("it is not ready without an engine", lambda: predictor.state()[0] == 503, 10)

    assert spoken(predictor.predict(clip, 60).json()["predictions"][0]["text"]) == words
    assert predictor.state() == (200, "ready")


def test_engines_end_with_a_server_that_is_killed(launch, wait_until):
    predictor = launch("--engine-processes", "2").wait_ready()
    pids = engines(predictor)
    assert len(pids) == 2

    predictor.process.kill()

    wait_until("no engine outlives its server", lambda: all(gone(pid) for pid in pids), 15)


def test_busy_engine_ends_with_a_server_that_is_killed(launch, repeated, wait_until):
    predictor = launch("--engine-processes", "1").wait_ready()
    (pid,) = engines(predictor)
    before = {pid: cpu_ticks(pid)}
    with ThreadPoolExecutor() as users:
        asked = users.submit(predictor.predict, repeated(50), 120)
        wait_until("the engine is at work", lambda: busy([pid], before), 30)

        predictor.process.kill()

        wait_until("it ends after its step", lambda: gone(pid), 15)
        assert isinstance(asked.exception(), httpx.TransportError)
