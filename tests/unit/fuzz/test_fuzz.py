"""Every parser of untrusted bytes takes a few hundred damaged inputs; the fuzzer finds what is planted."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st

from model_server.errors import BadRequestError
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.worker import fuzz

ROOT = Path(__file__).resolve().parents[3]
IN_PROCESS = [name for name in TARGETS if name not in ("wav", "flac", "ogg", "mp3")]
PLANTED = """
import os, signal
from pathlib import Path
from hypothesis import strategies as st
from tests.fuzz.targets import Target
from tests.fuzz.worker import fuzz
def crash(data):
    if data.startswith(b"RIFF"):
        os.kill(os.getpid(), signal.SIGSEGV)
fuzz(Target(st.sampled_from([b"good", b"RIFF"]), crash), 1, 100, 60, Path({file!r}))
"""


@pytest.mark.parametrize("name", IN_PROCESS)
def test_parser_takes_damaged_inputs(name, tmp_path):
    assert fuzz(TARGETS[name], 1, 100, 60, tmp_path / "at-work") >= 20


# libsndfile may end the process: tried in one of its own.
@pytest.mark.parametrize("name", ["wav", "flac", "ogg", "mp3"])
def test_decoder_takes_damaged_files(name, tmp_path):
    worker = (sys.executable, "-m", "tests.fuzz.worker", name, "1", "150", "60", str(tmp_path / "at-work"))

    done = subprocess.run(worker, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 100


def refuse(data):
    raise BadRequestError("no")


def fail(data):
    if data != b"good":
        raise KeyError(data)


def test_refusal_is_no_finding(tmp_path):
    assert fuzz(Target(st.binary(max_size=2), refuse), 1, 50, 60, tmp_path / "at-work") > 0


def test_error_is_a_finding_and_its_input_is_kept(tmp_path):
    target = Target(st.sampled_from([b"good", b"bad"]), fail)

    with pytest.raises(KeyError, match="bad"):
        fuzz(target, 1, 100, 60, tmp_path / "at-work")

    assert (tmp_path / "at-work").read_bytes() == b"bad"


def test_crash_is_a_finding_and_its_input_is_kept(tmp_path):
    kept = tmp_path / "at-work"
    planted = PLANTED.format(file=str(kept))

    done = subprocess.run([sys.executable, "-c", planted], cwd=ROOT, capture_output=True, check=False)

    assert (done.returncode, kept.read_bytes()) == (-signal.SIGSEGV, b"RIFF")
