"""Every command says in one line which argument names nothing that it can read or write, and exits 2."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster.__main__ import main as cluster
from loadtest.__main__ import main as loadtest
from model_server.artefact.__main__ import main as artefact
from model_server.calibration.__main__ import main as calibration
from rollout_policies.__main__ import main as rollout_policies

RESULTS = '{"clip": "a", "text": "yes", "reference": "yes"}\n'
ERRORS = "tests/data/rollout_policies/word_errors.tsv"
TIMES = "tests/data/rollout_policies/inference_times.tsv"
ABOUT = (
    *("--name", "m", "--version", "1", "--engine", "onnx", "--language", "en", "--licence", "MIT"),
    *("--sample-rate", "16000", "--max-segment-seconds", "9", "--max-tokens-per-second", "9"),
    *("--self-test-audio", "a.wav", "--self-test-text", "yes"),
)


def model_server(arguments: list[str]) -> int:
    """The predictor in a process of its own: its log takes the whole process's."""
    done = subprocess.run(
        [sys.executable, "-m", "model_server", *arguments], capture_output=True, text=True, timeout=60
    )
    sys.stderr.write(done.stderr)
    return done.returncode


Case = tuple[Callable[[list[str]], int], str, str]
# The command, its arguments ({bad} is what cannot be read, {good} a file of results), and who is to blame.
FILES: list[Case] = [
    (rollout_policies, "judge {bad} {good}", "STABLE.jsonl"),
    (rollout_policies, "judge {good} {bad}", "CANDIDATE.jsonl"),
    (rollout_policies, "simulate --errors {bad}", "--errors"),
    (rollout_policies, f"evidence --errors {{bad}} --times {TIMES} --out {{out}}", "--errors"),
    (rollout_policies, f"evidence --errors {ERRORS} --times {{bad}} --out {{out}}", "--times"),
    (rollout_policies, "report asr --kubeconfig {bad}", "--kubeconfig"),
]
FOLDERS: list[Case] = [
    (rollout_policies, "judge {good} {good} --golden {bad}", "--golden"),
    (rollout_policies, f"simulate --errors {ERRORS} --golden {{bad}}", "--golden"),
    (rollout_policies, "referee --golden small={bad} --data {out}", "--golden"),
    (rollout_policies, "report asr --kubeconfig {good} --golden {bad}", "--golden"),
    (rollout_policies, "report asr --kubeconfig {good} --evidence {bad}", "--evidence"),
    (rollout_policies, "golden audit {bad}", "SET"),
    (rollout_policies, "golden normalise {bad} --out {out}", "SET"),
    (rollout_policies, "golden configmap {bad} --name small", "SET"),
    (artefact, "verify {bad}", "DIR"),
    (artefact, f"build {{bad}} {' '.join(ABOUT)}", "DIR"),
    (calibration, "--model {bad} --set {bad} --out {out}", "--model"),
    (loadtest, "--url http://127.0.0.1:9 --audio {bad}", "--audio"),
    (cluster, "build referee --context {bad}", "--context"),
]

# What is to be written lies below {bad}, a file.
WRITTEN: list[Case] = [
    (rollout_policies, f"evidence --errors {ERRORS} --times {TIMES} --out {{bad}}/below", "--out"),
    (rollout_policies, "golden audit {good} --html {bad}/below", "--html"),
    (rollout_policies, "report asr --kubeconfig {good} --out {bad}/below", "--out"),
]


def is_told(case: Case, bad: Path, said: pytest.CaptureFixture[str]) -> None:
    """Then: one line that names the argument and the path, and exit code 2."""
    command, given, blamed = case
    good, out = bad.parent / "good", bad.parent / "out"
    good.write_text(RESULTS)
    assert command([part.format(bad=bad, good=good, out=out) for part in given.split()]) == 2
    told = said.readouterr()
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert f"{blamed} must be a" in line
    assert str(bad) in line


def make_bad(kind: str, at: Path) -> Path:
    """Make what a command cannot read: root may read whatever is there, so a link to itself stands for it."""
    bad = at / "bad"
    if kind == "a folder":
        bad.mkdir()
    elif kind == "empty":
        bad.touch()
    elif kind == "unreadable":
        bad.symlink_to(bad)
        with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
            bad.open()
    return bad


@pytest.mark.parametrize("kind", ["missing", "a folder", "unreadable", "empty"])
@pytest.mark.parametrize("case", FILES, ids=lambda case: case[1])
def test_a_file_that_cannot_be_read_is_told(
    case: Case, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_told(case, make_bad(kind, tmp_path), capsys)


@pytest.mark.parametrize("kind", ["missing", "unreadable", "empty"])
@pytest.mark.parametrize("case", FOLDERS, ids=lambda case: case[1])
def test_a_folder_that_cannot_be_read_is_told(
    case: Case, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_told(case, make_bad(kind, tmp_path), capsys)


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case[1])
def test_what_cannot_be_written_is_told_before_the_work(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_told(case, make_bad("empty", tmp_path), capsys)


@pytest.mark.parametrize("kind", ["missing", "a folder", "empty"])
def test_the_predictor_tells_it_in_its_log(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = make_bad(kind, tmp_path)
    is_told((model_server, "--model {bad}", "--model"), bad, capsys)
    (tmp_path / "model.yaml").write_text("-")
    search = f"--model {tmp_path} --search-catalogue {{bad}}"
    is_told((model_server, search, "--search-catalogue"), bad, capsys)
