"""Predictors that say what a test tells them, on loopback addresses that stand for pods."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rollout_policies.rollouts import Endpoint

PATH = "/v1/models/asr:predict"


@dataclass(frozen=True)
class Said:
    """One scripted answer; status 0 breaks the connection off."""

    text: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that went away before its answer is what some tests are about."""


@dataclass
class ScriptedPredictor:
    """A predictor of one pod-template hash: `answer` turns a clip's bytes into what is said."""

    pod_template_hash: str
    answer: Callable[[bytes], Said]
    server: ThreadingHTTPServer
    requests: list[dict[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The IP address it listens on."""
        return str(self.server.server_address[0])

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server.server_address[1])

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every answer."""
        return {"x-serinus-pod-template-hash": self.pod_template_hash, "x-serinus-inference-ms": "10"}

    @property
    def endpoint(self) -> Endpoint:
        """The pod as the referee sees it."""
        url = f"http://{self.address}:{self.port}{PATH}"
        return Endpoint(f"asr-{self.pod_template_hash}", self.pod_template_hash, url)


StartPredictor = Callable[..., ScriptedPredictor]


def start(
    pod_template_hash: str, answer: Callable[[bytes], Said], address: str, port: int
) -> ScriptedPredictor:
    """Listen on an address and port (0: a free one) until `server` is shut down."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            predictor.requests.append({k.lower(): v for k, v in self.headers.items()} | {"path": self.path})
            said = predictor.answer(body)
            if said.status == 0:
                return
            answer = {} if said.text is None else {"predictions": [{"text": said.text}]}
            payload = json.dumps(answer).encode()
            self.send_response(said.status)
            for name, value in (
                predictor.headers | said.headers | {"content-length": str(len(payload))}
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            pass

    predictor = ScriptedPredictor(pod_template_hash, answer, _Server((address, port), Handler))
    threading.Thread(target=predictor.server.serve_forever, args=(0.02,), daemon=True).start()
    return predictor


def say_label(audio: bytes) -> Said:
    """Answer with the clip's own label: every word right."""
    return Said(audio.decode())


def say_first_word(audio: bytes) -> Said:
    """Answer with the label's first word only."""
    return Said(audio.decode().split()[0])
