"""The start: not ready until the self-test came out right, and no start at all from a wrong model."""

import hashlib
import os
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

GATE = "gate"
GATE_CONTENT = b"go on"


@pytest.fixture
def copy(artefact, tmp_path):
    """A copy of the model's folder whose model.yaml is changed by a function."""

    def copy(change):
        folder = tmp_path / "model"
        shutil.copytree(artefact, folder)
        manifest = yaml.safe_load((folder / "model.yaml").read_text())
        change(manifest, folder)
        (folder / "model.yaml").write_text(yaml.safe_dump(manifest))
        return folder

    return copy


def gated(manifest, folder):
    """A file that keeps the loading waiting until someone writes it: a named pipe."""
    os.mkfifo(folder / GATE)
    manifest["files"].insert(0, {"path": GATE, "sha256": hashlib.sha256(GATE_CONTENT).hexdigest()})


def test_loading_is_not_ready_and_early_requests_wait_for_it(launch, copy, wait_until, clip, words, spoken):
    folder = copy(gated)
    predictor = launch(folder=folder)
    wait_until("it listens and says that it is loading", lambda: predictor.state() == (503, "loading"), 60)

    with ThreadPoolExecutor(1) as client:
        early = client.submit(predictor.predict, clip)
        wait_until("the request is in", lambda: predictor.metric("asr_queue_audio_seconds") > 0, 30)
        assert predictor.state() == (503, "loading")
        (folder / GATE).write_bytes(GATE_CONTENT)

        answer = early.result()
    assert (answer.status_code, spoken(answer.json()["predictions"][0]["text"])) == (200, words)
    predictor.wait_ready()


def test_sigterm_while_loading_ends_at_once(launch, copy, wait_until, clip):
    predictor = launch(folder=copy(gated))
    wait_until("it listens and says that it is loading", lambda: predictor.state() == (503, "loading"), 60)
    with ThreadPoolExecutor(1) as client:
        waiting = client.submit(predictor.predict, clip)
        wait_until("the request is in", lambda: predictor.metric("asr_queue_audio_seconds") > 0, 30)

        predictor.terminate()

        assert predictor.wait_exit(seconds=5) == 0
        assert waiting.result().status_code == 503


def test_sigterm_before_it_listens_ends_at_once(launch, wait_until):
    predictor = launch()
    wait_until("the process runs Python", lambda: b"model_server" in cmdline(predictor), 10)

    predictor.terminate()

    assert predictor.wait_exit(seconds=5) in (0, -15)  # -15: before there was any handler


def cmdline(predictor):
    return Path(f"/proc/{predictor.process.pid}/cmdline").read_bytes()


def wrong_digest(manifest, folder):
    manifest["files"][0]["sha256"] = "0" * 64


def wrong_words(manifest, folder):
    manifest["self_test"]["text"] = "Something else altogether."


def no_version(manifest, folder):
    del manifest["version"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (wrong_digest, "encoder_model.ort must have SHA-256 0000"),
        (wrong_words, "says 'Something else altogether.', but was heard as 'Ever tried"),
        (no_version, "version is missing; it must be text"),
    ],
)
def test_wrong_model_does_not_start(launch, copy, change, sentence):
    predictor = launch(folder=copy(change))

    assert predictor.wait_exit(seconds=60) == 1
    assert sentence in next(line["message"] for line in predictor.log_lines() if line["level"] == "error")


def test_unknown_fault_does_not_start(launch):
    predictor = launch("--fault", "typo=1")

    assert predictor.wait_exit(seconds=60) == 2
    assert "there is no fault 'typo'; names: inference_delay_seconds" in predictor.log()


@pytest.mark.parametrize(("flags", "reachable"), [((), False), (("--host", "0.0.0.0"), True)])
def test_other_addresses_reach_it_only_when_asked_for(launch, wait_until, flags, reachable):
    predictor = launch(*flags)
    wait_until("it listens", lambda: predictor.state()[0] != 0, 60)
    port = int(predictor.url.rpartition(":")[2])

    with socket.socket() as connection:
        # As little 127.0.0.1 as the address of a pod is.
        refused = connection.connect_ex(("127.0.0.2", port))

    assert (refused == 0) is reachable
