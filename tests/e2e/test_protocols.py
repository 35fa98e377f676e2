"""Protocols that are more than a request and its answer come through the gateway too: gRPC and WebSocket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tritonclient.grpc
from websockets.sync.client import connect

from cluster.commands import kubectl_json
from demo import charts
from demo.cluster_reads import Target
from demo.ship import wait_until_settled
from demo.waits import wait_for
from tests.e2e.conftest import VALUES, Say

pytestmark = pytest.mark.timeout(600)

TARGET = Target(namespace="e2e-protocols", release="asr")
HOST = "asr.protocols.example"
GATEWAY, PORT = "127.0.0.1", 30080


@pytest.fixture(scope="module")
def release(policies: charts.Images, say: Say) -> Iterator[None]:
    """A release that serves gRPC; removed at the end."""
    say(f"installing release {TARGET.release} in namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)
    charts.install_model(TARGET, policies, [VALUES, Path(__file__).with_name("protocols.yaml")])
    wait_until_settled(TARGET)
    yield
    say(f"removing namespace {TARGET.namespace}")
    charts.remove_namespace(TARGET.namespace)


def time_limit() -> float:
    """The route's, in seconds."""
    route = kubectl_json("get", "virtualservice", TARGET.release, "-n", TARGET.namespace)
    return float(route["spec"]["http"][0]["timeout"].removesuffix("s"))


def test_grpc_is_answered_through_the_gateway(release: None) -> None:
    # given a client of the Open Inference Protocol
    options = [("grpc.default_authority", HOST)]
    client = tritonclient.grpc.InferenceServerClient(f"{GATEWAY}:{PORT}", channel_args=options)
    wait_for("gRPC is routed", lambda: True if live(client) else None, seconds=60)

    # when it sends a clip
    (clip,) = charts.golden_audio().rglob("activated.wav")
    audio = tritonclient.grpc.InferInput("audio", [1], "BYTES")
    audio.set_data_from_numpy(np.array([clip.read_bytes()], dtype=object))
    (text,) = client.infer("asr", [audio]).as_numpy("text")

    # then it is told what was said
    assert text.decode().lower().strip(" .") == "activated"


def live(client: tritonclient.grpc.InferenceServerClient) -> bool:
    """Whether somebody answers."""
    try:
        return bool(client.is_server_live())
    except tritonclient.utils.InferenceServerException:
        return False


def test_a_quiet_realtime_session_outlives_the_time_limit_of_requests(release: None, say: Say) -> None:
    # given a session
    limit = time_limit()
    gateway = socket.create_connection((GATEWAY, PORT))
    with connect(f"ws://{HOST}/v1/realtime?intent=transcription", sock=gateway) as session:
        assert json.loads(session.recv(10))["type"] == "session.created"

        # when nothing is said for longer than a request may take
        say(f"keeping a session for more than {limit:g} s")
        with pytest.raises(TimeoutError):
            session.recv(limit + 4)

        # then it still answers
        session.send(json.dumps({"type": "nonsense"}))
        assert json.loads(session.recv(10))["type"] == "error"
