"""After every row of every table, many times over, the process is as it was."""

import re
from pathlib import Path

import pytest

from .bodies import FORMS, OPENAI, PREDICT, PREDICTIONS, WAV
from .exchange import exchange, send
from .files import FILES
from .heads import HEADS

# glibc keeps what it once had of its arenas; a leak of one body of these tables a row would be above it.
MARGIN_BYTES = 24 << 20
ROUNDS = 3


def processes(predictor):
    """The server's and its engine processes' folders of /proc."""
    pid = predictor.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path("/proc", each) for each in (str(pid), *children)]


def memory_bytes(predictor):
    """What all its processes hold, libraries apart: who else has those mapped is no concern of theirs."""
    kinds = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.M)
    texts = [(folder / "smaps_rollup").read_text() for folder in processes(predictor)]
    return sum(1024 * int(kilobytes) for text in texts for kilobytes in kinds.findall(text))


def open_files(predictor):
    return [len(list((folder / "fd").iterdir())) for folder in processes(predictor)]


def bodies(predictor):
    """The bodies of requests that the server still has."""
    links = [str(file.readlink()) for file in (processes(predictor)[0] / "fd").iterdir()]
    return [link for link in links if "serinus-request" in link]


def send_everything(url):
    for _, file, *_ in FILES:
        send(url, PREDICT, WAV, file)
    for _, headers, body, *_ in PREDICTIONS:
        send(url, PREDICT, headers, body)
    for _, headers, body, *_ in FORMS:
        send(url, OPENAI, headers, body)
    for _, sent, *_ in HEADS:
        exchange(url, sent)


@pytest.mark.timeout(600)
def test_process_outlives_all_of_it_as_it_was(launch, wait_until):
    assert len(FILES) + len(PREDICTIONS) + len(FORMS) + len(HEADS) >= 60
    predictor = launch("--max-audio-seconds", "60", "--engine-processes", "1").wait_ready()
    send_everything(predictor.url)
    before, files = memory_bytes(predictor), open_files(predictor)

    for _ in range(ROUNDS):
        send_everything(predictor.url)

    assert predictor.state() == (200, "ready")
    assert predictor.metric("asr_engine_restarts_total") == 0
    assert bodies(predictor) == []
    wait_until("files are closed", lambda: open_files(predictor) == files, 30)
    assert memory_bytes(predictor) <= before + MARGIN_BYTES
