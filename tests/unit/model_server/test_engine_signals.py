"""A signal to every process of the pod or the terminal: an engine is the server's to end, and works on."""

import os
import signal

import pytest

from model_server.artefact.manifest import MANIFEST
from model_server.faults import NO_FAULTS
from model_server.inference.messages import FAILED, read_message
from model_server.inference.settings import MESSAGE_BYTES, Settings
from model_server.inference.spawn import spawn


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_engine_goes_on_after_a_signal_to_all(tmp_path, number):
    # A manifest that can be read only once it is written holds the engine at its first work.
    os.mkfifo(tmp_path / MANIFEST)
    process, connection = spawn(Settings(str(tmp_path), 1, None, False, NO_FAULTS))
    with connection, process:
        with (tmp_path / MANIFEST).open("w"):  # when the engine opens it, too
            process.send_signal(number)
        assert process.wait(30) == 1
        connection.setblocking(True)

        assert f"not a {MANIFEST}" in read_message(connection.recv(MESSAGE_BYTES))[FAILED]
